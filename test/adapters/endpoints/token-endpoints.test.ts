import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Credential } from "../../../src/guard/credential.ts";
import { scopes, where } from "../../../src/guard/rules.ts";
import { clientSecrets } from "../../../src/introspection/client-secrets.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { passwords } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { type Answer, exchange, type Sent } from "../exchange.ts";
import { TOKEN_APPS, type TokenApp } from "../token-endpoints.ts";

const SECRET = "a secret of thirty-two characters";
const ISSUER = "https://api.example.com";
const keys = secretKey("a secret of thirty-two bytes, or more");
const token = defineToken({ keys, issuer: ISSUER, audience: ISSUER });
const stale = await issueToken(
  { sub: "user-1" },
  defineToken({ keys, issuer: ISSUER, audience: ISSUER, now: () => Date.now() - 3_600_000 }),
);
const foreign = await issueToken(
  { sub: "user-1" },
  defineToken({ keys, issuer: ISSUER, audience: "https://b.example" }),
);
const lost = await issueToken({ sub: "user-3" }, token);
const slow = await issueToken({ sub: "user-4" }, token);

const basic = (id: string, secret = SECRET): string[] => [
  "Authorization",
  `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
];
const FORM = ["Content-Type", "application/x-www-form-urlencoded"];

const outageOf = (userId: string): Promise<never> | undefined => {
  if (userId === "user-3") return Promise.reject(new Error("connection refused: secret-host:5432"));
  return userId === "user-4" ? new Promise(() => {}) : undefined;
};

function house() {
  const users = memoryUsers();
  for (const id of ["user-1", "user-2", "user-3", "user-4"]) users.add({ login: id, passwordHash: null, user: { id } });
  const blocklist = memoryBlocklist();
  const state = { isUnstorable: false };
  const store =
    <Args extends unknown[]>(write: (...args: Args) => unknown) =>
    async (...args: Args) => {
      if (state.isUnstorable) throw new Error("connection refused: secret-host:5432");
      await write(...args);
    };
  const auth = createAuthenticator({
    token,
    users,
    passwords,
    storeTimeoutMs: 20, // what answers at all here does so before any timer
    onOutage: () => undefined,
    claims: ({ id }) => ({ scope: "read write", ...(id === "user-2" && { client_id: "mobile" }) }),
    refresh: { store: memoryRefreshStore() },
    blocklist: {
      ...blocklist,
      isRevoked: async (reference) => (await outageOf(reference.userId)) ?? blocklist.isRevoked(reference),
      revokeToken: store(blocklist.revokeToken),
      revokeSession: store(blocklist.revokeSession),
    },
  });
  const clients = createGuard({ credentials: [clientSecrets({ reports: SECRET, mobile: SECRET, guest: SECRET })] });
  const rules = [where(({ userId }) => userId !== "guest")];
  return { auth, users, state, parts: { auth, introspect: { clients, rules }, revoke: { clients, rules } } };
}

/** Opens the endpoints before the tests of a suite, and closes them behind these. */
function openEndpoints(app: TokenApp) {
  const { auth, state, parts } = house();
  const logged: unknown[] = [];
  let server: Server;
  beforeAll(async () => {
    server = await app({ ...parts, log: (error) => void logged.push(error.code) });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (path: string, body: string, headers = [...basic("reports"), ...FORM]): Promise<Answer> =>
    exchange(server, { method: "POST", path, headers, body });
  const ask = async (text: string): Promise<Record<string, unknown>> => {
    const answer = await send("/introspect", new URLSearchParams({ token: text }).toString());
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    return JSON.parse(answer.body);
  };
  const revoke = (text: string, id = "reports"): Promise<Answer> =>
    send("/revoke", new URLSearchParams({ token: text, token_type_hint: "x" }).toString(), [...basic(id), ...FORM]);
  return { auth, state, logged, exchange: (sent: Sent) => exchange(server, sent), send, ask, revoke };
}

const APPS = Object.entries(TOKEN_APPS).map(([name, app], nth) => [name, app, nth] as const);

/** What both endpoints refuse, and the challenge that the answer has. */
const REFUSALS: readonly (readonly [
  what: string,
  body: string,
  headers: string[],
  status: number,
  error: string,
  challenge: string | undefined,
])[] = [
  ["no client", "token=x", FORM, 401, "invalid_client", 'Basic realm="api"'],
  [
    "a wrong secret",
    "token=x",
    [...basic("reports", `${SECRET}!`), ...FORM],
    401,
    "invalid_client",
    'Basic realm="api"',
  ],
  ["an unknown client", "token=x", [...basic("nobody"), ...FORM], 401, "invalid_client", 'Basic realm="api"'],
  ["a malformed header", "token=x", ["Authorization", "Basic ???", ...FORM], 400, "invalid_request", undefined],
  ["a client that may not", "token=x", [...basic("guest"), ...FORM], 403, "forbidden", undefined],
  ["no body", "", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["no token", "tokens=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["an empty token", "token=", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["two tokens", "token=x&token=y", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["a token in brackets", "token[a]=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["a prototype", "__proto__[token]=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  [
    "JSON",
    '{"token":"x"}',
    [...basic("reports"), "Content-Type", "application/json"],
    415,
    "invalid_request",
    undefined,
  ],
  ["text", "token=x", [...basic("reports"), "Content-Type", "text/plain"], 415, "invalid_request", undefined],
];

describe.each(APPS)("%s", (_name, app, nth) => {
  const { send } = openEndpoints(app);

  it.each(partOf(REFUSALS, nth, 2))(
    "refuses %s in the shape of OAuth, with a message as all our handlers",
    async (_what, body, headers, status, error, challenge) => {
      for (const path of ["/introspect", "/revoke"]) {
        const answer = await send(path, body, headers);
        expect(answer.status).toBe(status);
        const parsed = JSON.parse(answer.body);
        expect(parsed).toEqual({ error, error_description: expect.any(String), message: parsed.error_description });
        expect(parsed.error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
        expect(answer.headers["cache-control"]).toBe("no-store");
        if (challenge !== undefined) expect(answer.headers["www-authenticate"]).toBe(challenge);
      }
    },
  );
});

describe.each(partOf(APPS, 0, 2))("%s, where tokens are asked about", (_name, app) => {
  const { auth, logged, send, ask, exchange } = openEndpoints(app);

  it("tells what a good token says", async () => {
    const { accessToken } = await auth.startSession({ id: "user-1" }, { methods: ["pwd", "otp"], acr: "gold" });
    const { claims } = await auth.authenticateToken(accessToken);
    expect(await ask(accessToken)).toEqual({ active: true, token_type: "Bearer", ...(claims as object) });
    expect(await ask(accessToken)).toMatchObject({
      sub: "user-1",
      iss: ISSUER,
      aud: ISSUER,
      scope: "read write",
      sid: expect.any(String),
      jti: expect.any(String),
      auth_time: expect.any(Number),
      amr: ["pwd", "otp"],
      acr: "gold",
    });
  });

  it("says no more than that a token is not active, whatever the reason", async () => {
    const session = await auth.startSession({ id: "user-1" });
    const ended = await auth.startSession({ id: "user-1" });
    await auth.logout(await auth.authenticateToken(ended.accessToken));
    const { accessToken } = session;
    const bad = [
      stale,
      foreign,
      ended.accessToken,
      session.refreshToken,
      "nonsense",
      "a.b.c",
      "é\u0000",
      " ",
      ` ${accessToken}`,
      `${accessToken} `,
      `${accessToken}x`,
      accessToken.slice(0, -1),
      "x".repeat(40_000),
      "a b",
      "%",
      "Bearer x",
    ];
    for (const text of bad) expect(await ask(text), text.slice(0, 80)).toEqual({ active: false });
    expect((await ask(accessToken)).active).toBe(true);
  });

  it("tells a client whose secret is wrong of its secret, and of no password", async () => {
    const answer = await send("/introspect", "token=x", [...basic("reports", `${SECRET}!`), ...FORM]);
    expect(JSON.parse(answer.body).message).toBe("The id or the secret of the client is wrong");
  });

  it("tells a client that is known of its form, and asks it for no credential", async () => {
    for (const path of ["/introspect", "/revoke"]) {
      const answer = await send(path, "token=x&token=y", [...basic("reports"), ...FORM]);
      expect(JSON.parse(answer.body).message).toBe("The form must have one token");
      expect(answer.headers).not.toHaveProperty("www-authenticate");
    }
  });

  it("takes no token from a URL, and no other method than POST", async () => {
    for (const path of ["/introspect", "/revoke"]) {
      const { status } = await send(`${path}?token=x`, "", [...basic("reports"), ...FORM]);
      expect([400, 404]).toContain(status);
      const answer = await exchange({ method: "GET", path, headers: basic("reports") });
      expect([404, 405]).toContain(answer.status);
      if (answer.status === 405) expect(answer.headers.allow).toBe("POST");
    }
  });

  it("refuses a body that is longer than it or the parser in front takes", async () => {
    const headers = [...basic("reports"), ...FORM];
    const body = `token=${"x".repeat(2_000_000)}`;
    const sent = { method: "POST", path: "/introspect", headers } as const;
    for (const path of ["/introspect", "/revoke"]) {
      expect(await exchange({ ...sent, path, body })).toMatchObject({ status: 413 });
      expect(await exchange({ ...sent, path, body: "token=x" }), "on the same connection").toMatchObject({
        status: 200,
      });
    }
  });

  it("is 503 in an outage, and never says that a token is not active", async () => {
    for (const text of [lost, slow]) {
      for (const path of ["/introspect", "/revoke"]) {
        const answer = await send(path, `token=${text}`);
        expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
        expect(JSON.parse(answer.body).error).toBe("unavailable");
        expect(answer.body + JSON.stringify(answer.headers)).not.toContain("secret-host");
      }
    }
    expect(logged).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
  });
});

describe.each(partOf(APPS, 1, 2))("%s, where tokens are revoked", (_name, app) => {
  const { auth, state, ask, revoke } = openEndpoints(app);

  it("revokes an access token alone, and its session goes on", async () => {
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    const other = await auth.startSession({ id: "user-1" });
    const answer = await revoke(accessToken);
    expect(answer).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(await ask(accessToken)).toEqual({ active: false });
    expect((await ask(other.accessToken)).active).toBe(true);
    expect((await revoke(accessToken)).status).toBe(200);
    expect((await ask((await auth.refresh(refreshToken)).accessToken)).active).toBe(true);
  });

  it("ends the session of a refresh token, its access tokens included", async () => {
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    expect((await revoke(refreshToken)).status).toBe(200);
    expect(await ask(accessToken)).toEqual({ active: false });
    await expect(auth.refresh(refreshToken)).rejects.toMatchObject({ code: "invalid_refresh_token" });
    expect((await revoke(refreshToken)).status).toBe(200);
  });

  it("says 200 of what is no good token", async () => {
    for (const text of [stale, foreign, "nonsense", "x".repeat(43), "é"]) expect((await revoke(text)).status).toBe(200);
  });

  it("revokes no token of another client", async () => {
    const { accessToken } = await auth.startSession({ id: "user-2" });
    const answer = await revoke(accessToken);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "invalid_grant" });
    expect(await ask(accessToken)).toMatchObject({ active: true, client_id: "mobile" });
    expect((await revoke(accessToken, "mobile")).status).toBe(200);
    expect(await ask(accessToken)).toEqual({ active: false });
  });

  it("says 200 of no revocation that was not stored, and completes it when it is sent again", async () => {
    const [one, other] = [await auth.startSession({ id: "user-1" }), await auth.startSession({ id: "user-1" })];
    state.isUnstorable = true;
    for (const text of [one.accessToken, other.refreshToken]) {
      expect(await revoke(text)).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    }
    state.isUnstorable = false;
    for (const { accessToken } of [one, other]) expect((await ask(accessToken)).active).toBe(true);
    for (const text of [one.accessToken, other.refreshToken]) expect((await revoke(text)).status).toBe(200);
    for (const { accessToken } of [one, other]) expect(await ask(accessToken)).toEqual({ active: false });
  });
});

it("a credential that has no id can't be revoked by itself, and the client is told so", async () => {
  const badge: Credential = {
    name: "badge",
    place: "authorization",
    read: (request) => (request.authorization()?.startsWith("Bearer badge") ? request.authorization() : null),
    verify: () => ({ userId: "user-1", claims: {} }),
  };
  const auth = createAuthenticator({
    token,
    users: memoryUsers(),
    passwords,
    blocklist: memoryBlocklist(),
    refresh: { store: memoryRefreshStore() },
    credentials: [bearer(token), badge] as never,
  });
  const { parts } = house();
  const server = await (TOKEN_APPS["Express 5"] as (typeof TOKEN_APPS)[string])({ ...parts, auth });
  const headers = [...basic("reports"), ...FORM];
  const answer = await exchange(server, { method: "POST", path: "/revoke", headers, body: "token=badge-7" });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ error: "unsupported_token_type" });
  server.close();
});

it("scopes of a client's token let it ask, as any rule", async () => {
  const { auth } = house();
  const services = defineToken({ keys, issuer: ISSUER, audience: `${ISSUER}/introspect`, typ: "service+jwt" });
  const options = { clients: createGuard({ token: services }), rules: [scopes("introspect")] };
  const server = await (TOKEN_APPS["Express 5"] as (typeof TOKEN_APPS)[string])({
    auth,
    introspect: options,
    revoke: options,
  });
  const ask = async (scope: string) => {
    const bearer = await issueToken({ sub: "reports", scope }, services);
    return exchange(server, {
      method: "POST",
      path: "/introspect",
      headers: ["Authorization", `Bearer ${bearer}`, ...FORM],
      body: "token=x",
    });
  };
  expect((await ask("introspect")).status).toBe(200);
  const refused = await ask("read");
  expect(refused).toMatchObject({
    status: 403,
    headers: { "www-authenticate": expect.stringContaining('scope="introspect"') },
  });
  expect(JSON.parse(refused.body).error).toBe("insufficient_scope");
  server.close();
});
