import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as limits from "../../src/shared/limits.ts";

/** What SECURITY.md calls each limit. */
const NAMES: Record<keyof typeof limits, string> = {
  MAX_TEXT_LENGTH: "characters of a login, a password or an id",
  MAX_ID_BYTES: "bytes of a login or an id that is stored, in UTF-8",
  DEFAULT_TOKEN_BYTES: "bytes of a token (`maxBytes`)",
  MAX_TOKEN_BYTES: "bytes of a token that `maxBytes` can allow, and that `decodeToken` reads",
  DEFAULT_CACHE_SIZE: "verified tokens that a profile remembers (`cacheSize`)",
  MAX_CACHED_TOKEN_BYTES: "bytes of a remembered token, on average",
  MAX_CACHED_SCOPES: "`scope` texts whose scopes are remembered",
  MAX_KEY_LENGTH: "characters of a PEM, and bytes of a secret",
  MAX_HASH_LENGTH: "characters of a stored password hash",
  DEFAULT_CONCURRENT_HASHES: "passwords hashed at once (`maxConcurrent`)",
  DEFAULT_QUEUED_HASHES: "passwords that wait to be hashed (`maxQueue`)",
  DEFAULT_STORE_TIMEOUT_MS: "milliseconds of a store's call (`storeTimeoutMs`)",
  DEFAULT_REQUEST_TIMEOUT_MS: "milliseconds of all the work for one request (`requestTimeoutMs`)",
  MAX_BODY_BYTES: "bytes of a body that the Fetch adapter reads",
  MAX_DOCUMENT_BYTES: "bytes of a document that is fetched, such as a JWK Set",
  MAX_REDIRECTS: "redirects of a fetch, only on its origin",
  DEFAULT_FETCH_TIMEOUT_MS: "milliseconds of a fetch (`timeoutMs`)",
  MIN_FETCH_INTERVAL_MS: "milliseconds between two fetches of one document, at the least",
  MAX_FETCH_INTERVAL_MS: "milliseconds between two fetches of a document that fails, at the most",
  MAX_SET_KEYS: "keys of a JWK Set",
  MAX_ISSUER_LENGTH: "characters of an issuer that a resolver is asked about",
  MAX_TENANTS: "issuers whose profile a resolver's guard remembers, and as many unknown ones",
  MAX_TENANT_CALLS: "new issuers, and as many known ones, that a resolver is asked about at once",
  MAX_FOREIGN_LIFETIME_S: "seconds that a token of another issuer lives where there is a blocklist (`maxAge`)",
  DEFAULT_CONCURRENT_INTROSPECTIONS: "calls of an introspection endpoint at once (`maxConcurrent`)",
  MAX_REMEMBERED_ANSWERS: "answers of an introspection endpoint that are remembered, and as many refusals",
  MAX_REMEMBERED_ANSWER_LENGTH: "characters of all remembered answers of an endpoint together",
  MAX_REFUSAL_MS: "milliseconds for which an endpoint's refusal is remembered, at the most",
  FAILURES_TO_PAUSE: "calls in a row that fail before an introspection endpoint is left alone",
  MIN_PAUSE_MS: "milliseconds between two calls of an introspection endpoint that fails, at first",
  MAX_PAUSE_MS: "milliseconds between two calls of an introspection endpoint that fails, at the most",
  MIN_CLIENT_SECRET_LENGTH: "characters of a client's secret, at the least",
  MAX_ADDRESS_LENGTH: "characters of a client's address",
  DEFAULT_MAX_SESSIONS: "sessions of a user (`maxSessions`)",
  MAX_DETAILS_LENGTH: "characters of what a session remembers about its beginning",
  MAX_METHODS: "methods by which a session's user proved who it is",
  MAX_METHOD_LENGTH: "characters of a method",
  MAX_ACR_LENGTH: "characters of an `acr`",
  MAX_LABEL_LENGTH: "characters of a device's label",
  MAX_USER_AGENT_LENGTH: "characters of a device's user agent",
  MAX_DEVICE_ADDRESS_LENGTH: "characters of a device's address",
  MAX_SUCCESSORS: "unused successors of a refresh token",
  MAX_REFRESH_TOKENS: "refresh tokens that one request may carry",
  MAX_DEVICE_TOKENS: "device tokens that one request may carry",
  MAX_REFRESH_ATTEMPTS: "attempts at a refresh that races with others",
  MAX_REVOKED_SESSIONS: "sessions that one login revokes to make room",
  MAX_DATA_LENGTH: "characters of the JSON with a one-time token or code",
  DEFAULT_TRIES: "tries in an hour at the one-time codes of a user and purpose (`tries`)",
  DEFAULT_MAX_KEYS: "API keys of a user (`maxKeys`), and as many that were rotated",
  MAX_REMEMBERED_KEYS: "verified API keys that are remembered",
  DEFAULT_STATUS_LIST_SIZE: "places of a status list (`size`)",
  MAX_STATUS_LIST_SIZE: "places of a status list that `size` can allow",
  STATUS_PLACES_TAKEN: "places of status lists that a process takes at a time",
  MAX_PUBLISHED_LISTS: "published status lists that a process keeps at hand",
  MIN_PUBLISH_INTERVAL_MS: "milliseconds between two times that a process writes one status list, at the least",
  MAX_STATUS_LISTS: "status lists of others that are kept",
  MAX_STATUS_LIST_BYTES: "bytes of a status list of others, after decompression",
  MAX_PROOF_LENGTH: "characters of a DPoP proof",
  MAX_PROOF_ID_LENGTH: "characters of a DPoP proof's `jti`, and of its `nonce`",
  MAX_PROOF_RSA_BITS: "bits of an RSA key that a DPoP proof brings",
  MAX_PROOF_KEYS: "keys of DPoP proofs that are remembered",
  DEFAULT_MAX_PROOFS: "used DPoP proofs in a process's memory (`maxProofs`)",
  FEED_PAGE_SIZE: "revocations that a feed reads at a time",
  MAX_DELETED_ROWS: "rows that a SQL store deletes in one statement",
  MAX_QUOTED_LENGTH: "characters of a value that a `cause` quotes",
  MAX_QUOTED_VALUES: "values of a list that a `cause` quotes",
};

const SRC = join(import.meta.dirname, "../../src");

it("every limit is used", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && file !== join("shared", "limits.ts"),
  );
  const words = new Set(
    files.flatMap((file) => readFileSync(join(SRC, file), "utf8").match(/\b[A-Z][A-Z_]+\b/g) ?? []),
  );
  expect(Object.keys(limits).filter((name) => !words.has(name))).toEqual([]);
});

it("SECURITY.md lists every limit, with its value", () => {
  const security = readFileSync(join(import.meta.dirname, "../../SECURITY.md"), "utf8");
  const rows = [...security.matchAll(/^ *\| (.+) \| ([\d,]+) \|$/gm)].map(([, name, value]) => [name, value]);
  const expected = Object.entries(limits).map(([key, value]) => [
    NAMES[key as keyof typeof limits],
    value.toLocaleString("en"),
  ]);
  expect(rows.sort()).toEqual(expected.sort());
});
