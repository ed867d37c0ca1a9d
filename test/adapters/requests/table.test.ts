import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { partOf } from "../../support/thorough.ts";
import { APPS } from "../apps.ts";
import { type Answer, exchange, type Sent } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";

const keys = secretKey("a secret of thirty-two bytes, or more");
const whole = { keys, issuer: "https://api.example.com", audience: "https://api.example.com" };
const accessToken = defineToken(whole);
const PASSWORD = "correct horse battery staple";
const CREDENTIALS = JSON.stringify({ login: "reader", password: PASSWORD });

const good = await issueToken({ sub: "user-1", scope: "read" }, accessToken);
const stale = await issueToken({ sub: "user-1" }, defineToken({ ...whole, now: () => Date.now() - 3_600_000 }));
const otherKind = await issueToken({ sub: "user-1" }, defineToken({ ...whole, typ: "reset+jwt" }));
const forged = await issueToken(
  { sub: "user-1" },
  defineToken({ ...whole, keys: secretKey("another secret of thirty-two bytes") }),
);

const revoked = await issueToken({ sub: "user-2" }, accessToken);
const lost = await issueToken({ sub: "user-3" }, accessToken);
const slow = await issueToken({ sub: "user-4" }, accessToken);

const JSON_TYPE = ["Content-Type", "application/json"];
const FORM_TYPE = ["Content-Type", "application/x-www-form-urlencoded"];
const bearer = (token: string, scheme = "Bearer "): string[] => ["Authorization", scheme + token];
const login = (body: string, type = JSON_TYPE): Sent => ({ method: "POST", path: "/login", headers: type, body });

const REALM = 'Bearer realm="api"';
const INVALID = `${REALM}, error="invalid_token", error_description="The token is not valid"`;
const EXPIRED = `${REALM}, error="invalid_token", error_description="The token has expired"`;
const REVOKED = `${REALM}, error="invalid_token", error_description="The token has been revoked"`;
const MALFORMED = `${REALM}, error="invalid_request", error_description="Send one well-formed credential"`;
const LACKING = `${REALM}, error="insufficient_scope", error_description="The token lacks a needed scope", scope="read write"`;

interface Row {
  readonly sent: Sent;
  readonly status: number;
  readonly challenge?: string;
  readonly retryAfter?: string;
  readonly body?: unknown;
}

const me = (headers: readonly string[], method = "GET"): Sent => ({ method, path: "/me", headers });

const TABLE: Readonly<Record<string, Row>> = {
  "a good token": { sent: me(bearer(good)), status: 200, body: { id: "user-1", same: true } },
  "a scheme in lower case": { sent: me(bearer(good, "bearer ")), status: 200 },
  "a scheme in capitals, two spaces": { sent: me(bearer(good, "BEARER  ")), status: 200 },
  "a header name in capitals": { sent: me(["AUTHORIZATION", `Bearer ${good}`]), status: 200 },
  "HEAD with a good token": { sent: me(bearer(good), "HEAD"), status: 200 },
  "HEAD without a token": { sent: me([], "HEAD"), status: 401, challenge: REALM },
  "a preflight": {
    sent: me(["Origin", "https://example.com", "Access-Control-Request-Method", "GET"], "OPTIONS"),
    status: 401,
    challenge: REALM,
  },
  "no Authorization header": { sent: me([]), status: 401, challenge: REALM },
  "an empty Authorization header": { sent: me(["Authorization", ""]), status: 401, challenge: REALM },
  "another scheme": { sent: me(["Authorization", "Basic dXNlcjpwYXNz"]), status: 401, challenge: REALM },
  "a scheme without a token": { sent: me(["Authorization", "Bearer"]), status: 400, challenge: MALFORMED },
  "a header with more than the token": { sent: me(bearer(`${good} x`)), status: 400, challenge: MALFORMED },
  "two Authorization headers": { sent: me([...bearer(good), ...bearer(good)]), status: 400, challenge: MALFORMED },
  "two Authorization headers, one of another scheme": {
    sent: me(["Authorization", "Basic dXNlcjpwYXNz", ...bearer(good)]),
    status: 400,
    challenge: MALFORMED,
  },
  "a forged token": { sent: me(bearer(forged)), status: 401, challenge: INVALID },
  "no token at all behind the scheme": { sent: me(bearer("nonsense")), status: 401, challenge: INVALID },
  "an expired token": { sent: me(bearer(stale)), status: 401, challenge: EXPIRED },
  "a token of another kind": { sent: me(bearer(otherKind)), status: 401, challenge: INVALID },
  "a revoked token": { sent: me(bearer(revoked)), status: 401, challenge: REVOKED },
  "a huge header": { sent: me(bearer("a".repeat(12_000))), status: 401, challenge: INVALID },
  "a header over Node's own limit": { sent: { ...me(bearer("a".repeat(20_000))), isLast: true }, status: 431 },
  "a blocklist that throws": { sent: me(bearer(lost)), status: 503, retryAfter: "5" },
  "a blocklist that hangs": { sent: me(bearer(slow)), status: 503, retryAfter: "5" },
  "enough scope": { sent: { path: "/read", headers: bearer(good) }, status: 200 },
  "a missing scope": { sent: { path: "/write", headers: bearer(good) }, status: 403, challenge: LACKING },
  "optional, no credential": { sent: { path: "/feed" }, status: 200, body: { personal: false } },
  "optional, a good token": { sent: { path: "/feed", headers: bearer(good) }, status: 200, body: { personal: true } },
  "optional, a bad token": { sent: { path: "/feed", headers: bearer(forged) }, status: 401, challenge: INVALID },
  "optional, an outage": { sent: { path: "/feed", headers: bearer(lost) }, status: 503, retryAfter: "5" },
  "optional, then a scope": { sent: { path: "/feed/read" }, status: 401, challenge: REALM },
  "a handler whose guard never ran": { sent: { path: "/unguarded", headers: bearer(good) }, status: 500 },
  "a scope whose guard never ran": { sent: { path: "/unguarded/scope", headers: bearer(good) }, status: 500 },
  "a wrong password": {
    sent: login(JSON.stringify({ login: "reader", password: "x" })),
    status: 401,
    challenge: REALM,
  },
  "an unknown user": { sent: login(JSON.stringify({ login: "nobody", password: "x" })), status: 401, challenge: REALM },
  "an object for a login": { sent: login('{"login":{"$gt":""},"password":"x"}'), status: 400 },
  "an empty password": { sent: login('{"login":"reader","password":""}'), status: 400 },
  "an array for a body": { sent: login('["reader","x"]'), status: 400 },
  "no credentials in the body": { sent: login("{}"), status: 400 },
  "broken JSON": { sent: login("{"), status: 400 },
  "no body": { sent: { method: "POST", path: "/login" }, status: 400 },
  "no body, said to be JSON": { sent: { method: "POST", path: "/login", headers: JSON_TYPE }, status: 400 },
  "a form": { sent: login("login=reader&password=x", FORM_TYPE), status: 415 },
  text: { sent: login(CREDENTIALS, ["Content-Type", "text/plain"]), status: 415 },
  "JSON in Latin-1": {
    sent: login(CREDENTIALS, ["Content-Type", "application/json; charset=iso-8859-1"]),
    status: 415,
  },
  "JSON in what begins like UTF-8": {
    sent: login(CREDENTIALS, ["Content-Type", 'application/json;charset="utf-8x"']),
    status: 415,
  },
  "JSON in UTF-8, in quotes": {
    sent: login('{"login":"","password":""}', ["Content-Type", 'application/json ; charset= "UTF-8"']),
    status: 400,
  },
  "a user store that throws": { sent: login('{"login":"lost","password":"x"}'), status: 503, retryAfter: "5" },
  "a user store that hangs": { sent: login('{"login":"slow","password":"x"}'), status: 503, retryAfter: "5" },
  "a refresh without a body": { sent: { method: "POST", path: "/refresh" }, status: 400 },
  "a refresh without a token": { sent: { ...login("{}"), path: "/refresh" }, status: 400 },
  "an object for a refresh token": {
    sent: { ...login('{"refresh_token":{"$gt":""}}'), path: "/refresh" },
    status: 400,
  },
  "an unknown refresh token": {
    sent: { ...login('{"refresh_token":"x"}'), path: "/refresh" },
    status: 401,
    challenge: REALM,
  },
  "a refresh token in a form": { sent: { ...login("refresh_token=x", FORM_TYPE), path: "/refresh" }, status: 415 },
  "a change of password without the present one": {
    sent: { ...login('{"login":"reader","newPassword":"x"}'), path: "/password" },
    status: 400,
  },
  "a change of password by a wrong one": {
    sent: { ...login('{"login":"reader","password":"x","newPassword":"y"}'), path: "/password" },
    status: 401,
    challenge: REALM,
  },
  "a logout without a token": { sent: { method: "POST", path: "/logout" }, status: 401, challenge: REALM },
};

async function authenticator(): Promise<SessionAuthenticator> {
  const passwords = createPasswordHasher({ memoryCost: 64, timeCost: 1 });
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: await passwords.hash(PASSWORD), user: { id: "user-1" } });
  const blocklist = memoryBlocklist();
  return createAuthenticator({
    token: accessToken,
    passwords,
    storeTimeoutMs: 20, // what answers at all here does so before any timer
    claims: () => ({ scope: "read" }),
    refresh: { store: memoryRefreshStore() },
    users: {
      ...users,
      findCredentials: (name) => outageOf(name) ?? users.findCredentials(name),
    },
    blocklist: {
      ...blocklist,
      isRevoked: (token) => token.userId === "user-2" || (outageOf(token.userId) ?? blocklist.isRevoked(token)),
      revokeSession: (sid, expiresAt) =>
        sid === unstorable ? outageOf("lost") : blocklist.revokeSession(sid, expiresAt),
    },
  });
}

let unstorable = "";

function outageOf(name: string): Promise<never> | undefined {
  if (name === "lost" || name === "user-3") return Promise.reject(new Error("connection refused: secret-host:5432"));
  if (name === "slow" || name === "user-4") return new Promise(() => {});
  return undefined;
}

/** On Nest a route has one decorator that says what it asks for, and scopes are asked for by the guard itself. */
const NOT_ON_NEST: ReadonlySet<string> = new Set(["optional, then a scope", "a scope whose guard never ran"]);

const ADAPTERS = Object.entries({ ...APPS, ...NEST_APPS }).map(([name, app], nth) => [name, app, nth] as const);

describe.each(ADAPTERS)("%s", (name, app, nth) => {
  let server: Server;
  beforeAll(async () => {
    server = await app(await authenticator());
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const isNest = name.startsWith("Nest");
  const rows = partOf(Object.entries(TABLE), nth, 4).filter(([situation]) => !isNest || !NOT_ON_NEST.has(situation));

  it.each(rows)("answers %s", async (_situation, row) => {
    const answer = await exchange(server, row.sent);
    expect(answer.status).toBe(row.status);
    expect(answer.headers["www-authenticate"]).toBe(row.challenge);
    expect(answer.headers["retry-after"]).toBe(row.retryAfter);
    if (row.body !== undefined) expect(JSON.parse(answer.body)).toEqual(row.body);
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/secret-host|signature does not/);
  });

  it("logs in, recognises the user, and logs out", async () => {
    const token = tokenIn(await exchange(server, login(CREDENTIALS)));
    expect((await exchange(server, me(bearer(token)))).status).toBe(200);
    const out = { method: "POST", path: "/logout", headers: bearer(token) };
    expect(await exchange(server, out)).toMatchObject({ status: 204, body: "" });
    expect(await exchange(server, me(bearer(token)))).toMatchObject({
      status: 401,
      headers: { "www-authenticate": REVOKED },
    });
    expect((await exchange(server, out)).status).toBe(401);
  });

  it("takes JSON with a charset, and a suffixed JSON type never as a form", async () => {
    tokenIn(await exchange(server, login(CREDENTIALS, ["Content-Type", "application/json; charset=utf-8"])));
  });

  it("does not say 204 of a logout that was not stored", async () => {
    const token = tokenIn(await exchange(server, login(CREDENTIALS)));
    unstorable = (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sid: string }).sid;
    const answer = await exchange(server, { method: "POST", path: "/logout", headers: bearer(token) });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    expect((await exchange(server, me(bearer(token)))).status).toBe(200);
  });
});

function tokenIn(answer: Answer): string {
  expect(answer.status).toBe(200);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  const { access_token, ...rest } = JSON.parse(answer.body) as { access_token: string };
  expect(rest).toEqual({ token_type: "Bearer", expires_in: 900, refresh_token: expect.any(String) });
  return access_token;
}
