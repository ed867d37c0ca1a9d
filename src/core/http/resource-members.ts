import { assert } from "../../shared/assert.ts";
import { isRecord } from "../../shared/object.ts";
import { refuseWhatJsonLoses } from "../../shared/promise.ts";
import { readSafely } from "../../shared/read.ts";
import { isFilled } from "../../shared/text.ts";
import { isScope } from "../scope.ts";
import { isSecureUrl } from "./loopback.ts";

const URL_RULE = "an absolute URL of https, or of the machine itself";

/** Parses a URL for the public metadata. `null` where it is not secure, or holds a user name or password. */
function parsePublicUrl(value: unknown): URL | null {
  if (typeof value !== "string" || !URL.canParse(value)) return null;
  const url = new URL(value);
  return isSecureUrl(url) && url.username === "" && url.password === "" ? url : null;
}

/**
 * Reads the identifier of a resource (RFC 9728 §1.2, RFC 8707 §2). Clients compare it character by character, and some
 * normalise it first, so it must be in its normalised spelling.
 */
export function readResource(owner: string, resource: unknown): URL {
  const url = parsePublicUrl(resource);
  const isOne = url !== null && !String(resource).includes("#");
  assert(isOne, `${owner}: resource must be ${URL_RULE}, without a fragment`);
  const isCanonical = [resource, `${resource}/`].includes(url.href);
  assert(isCanonical, `${owner}: resource must be written as clients write it: ${url.href}`);
  return url;
}

/** Checks the issuers. RFC 8414 §2 allows no query and no fragment. */
export function checkServers(owner: string, servers: unknown): readonly string[] {
  const areServers = Array.isArray(servers) && servers.every((it) => parsePublicUrl(it) !== null && !/[?#]/.test(it));
  assert(areServers, `${owner}: authorizationServers must be a list of issuers, each ${URL_RULE}`);
  return Object.freeze([...new Set<string>(servers)]);
}

/** Checks the scopes. */
export function checkScopes(owner: string, scopes: unknown): readonly string[] {
  const areScopes = Array.isArray(scopes) && scopes.every(isScope);
  assert(areScopes, `${owner}: scopes must be a list, such as ["orders:read"], each a string without spaces`);
  return Object.freeze([...scopes]);
}

/** The kinds of the members of RFC 9728 §2 that have no option of their own. */
const MEMBERS: Readonly<Record<string, "link" | "list" | "flag">> = {
  jwks_uri: "link",
  bearer_methods_supported: "list",
  resource_signing_alg_values_supported: "list",
  resource_documentation: "link",
  resource_policy_uri: "link",
  resource_tos_uri: "link",
  tls_client_certificate_bound_access_tokens: "flag",
  authorization_details_types_supported: "list",
  dpop_signing_alg_values_supported: "list",
  dpop_bound_access_tokens_required: "flag",
};

const EXPECTED = { link: URL_RULE, list: "a list of one or more strings", flag: "true or false" } as const;

const FITS: Readonly<Record<keyof typeof EXPECTED, (value: unknown) => boolean>> = {
  link: (value) => parsePublicUrl(value) !== null,
  list: (value) => Array.isArray(value) && value.length > 0 && value.every(isFilled),
  flag: (value) => typeof value === "boolean",
};

/** The members that have an option of their own, by the name of the option. */
const OPTION_MEMBERS: Readonly<Record<string, string>> = {
  resource: "resource",
  authorization_servers: "authorizationServers",
  scopes_supported: "scopes",
  resource_name: "name",
};

/** Checks the further members, and copies them by way of JSON, so that nobody can change them later. */
export function copyMembers(owner: string, members: unknown): Readonly<Record<string, unknown>> {
  const entries = readSafely(owner, () => (isRecord(members) ? Object.entries(members) : null));
  assert(entries !== null, `${owner}: members must be a plain object`);
  for (const [name, value] of entries) {
    assert(!Object.hasOwn(OPTION_MEMBERS, name), `${owner}: give ${name} as the option ${OPTION_MEMBERS[name]}`);
    const kind = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    assert(value !== undefined, `${owner}: the member ${name} is undefined; give it a value, or leave it out`);
    if (kind !== undefined) assert(FITS[kind](value), `${owner}: the member ${name} must be ${EXPECTED[kind]}`);
  }
  const json: string | undefined = readSafely(owner, () => JSON.stringify(members));
  assert(json !== undefined, `${owner}: members must be a plain object, without a toJSON`);
  refuseWhatJsonLoses(`${owner}: members`, members, json);
  return JSON.parse(json);
}
