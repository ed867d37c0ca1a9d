import type { AddressInfo } from "node:net";
import fastify from "fastify";
import * as oauth from "oauth4webapi";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type AdapterRequest,
  handleIntrospect,
  handleRevoke,
  type IntrospectOptions,
  type RevokeOptions,
} from "../../../src/adapters/adapter.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onFetch from "../../../src/adapters/fetch.ts";
import { takeForm } from "../../../src/adapters/form.ts";
import { createApiKeys } from "../../../src/api-keys/create.ts";
import { apiKeys } from "../../../src/api-keys/credential.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { AuthError } from "../../../src/core/errors.ts";
import type { TokenProfile } from "../../../src/core/token/profile.ts";
import { dpop } from "../../../src/dpop.ts";
import { anyOf } from "../../../src/guard/any-of.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { scopes } from "../../../src/guard/rules.ts";
import { clientSecrets } from "../../../src/introspection/client-secrets.ts";
import { memoryApiKeys } from "../../../src/stores/memory/api-keys.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { CLAIMS, NOW, profileOf, SECOND, signed } from "../../support/tokens.ts";
import { TOKEN_APPS } from "../token-endpoints.ts";

const SECRET = "a secret of thirty-two characters";
const clients = createGuard({ credentials: [clientSecrets({ reports: SECRET })] });
const authorization = `Basic ${Buffer.from(`reports:${SECRET}`).toString("base64")}`;

const requestOf = (token: unknown, more: Partial<AdapterRequest> = {}): AdapterRequest => ({
  header: () => undefined,
  authRequest: () => ({ method: "POST", headers: { authorization } }),
  ip: () => undefined,
  hasBody: () => true,
  body: () => undefined,
  form: () => ({ token }),
  ...more,
});
const ask = async <Claims>(guard: Guard<Claims>, token: unknown, options: Partial<IntrospectOptions<Claims>> = {}) =>
  (await handleIntrospect(guard, { clients, ...options })(requestOf(token))).body as Record<string, unknown>;
const revoke = async (auth: never, token: unknown, options: Partial<RevokeOptions> = {}) =>
  handleRevoke(auth, { clients, ...options })(requestOf(token));

describe("introspect", () => {
  const guard = createGuard({ token: profileOf() });

  it("lets the application add members, take others' places, and keep a token from a service", async () => {
    const token = signed({ ...CLAIMS, tenant: "a" });
    const members: IntrospectOptions["members"] = ({ userId }, client) => ({
      username: `${userId} for ${client.userId}`,
      sub: "x",
      active: false,
    });
    expect(await ask(guard, token, { members })).toMatchObject({
      active: true,
      username: "user-1 for reports",
      sub: "x",
    });
    expect(await ask(guard, token, { members: async () => null })).toEqual({ active: false });
    const promised = ask(guard, token, { members: () => ({ username: Promise.resolve("reader") }) });
    await expect(promised).rejects.toThrow("a part of the answer of members is a promise: await it");
    const lost = ask(guard, token, { members: () => ({ groups: new Set(["a"]) }) });
    await expect(lost).rejects.toThrow("a part of the answer of members is lost in JSON: give the entries of a Map or");
    for (const wrong of [undefined, "x", true, []]) {
      await expect(ask(guard, token, { members: () => wrong as never })).rejects.toThrow(TypeError);
    }
    for (const thrown of [new Error("boo"), Object.assign(new Error("boo"), { status: 401 }), "boo", undefined]) {
      const answer = ask(guard, token, { members: () => Promise.reject(thrown) });
      await expect(answer).rejects.toMatchObject({ code: "unavailable", cause: thrown });
    }
    const refusal = new AuthError("forbidden");
    expect(await ask(guard, token, { members: () => Promise.reject(refusal) })).toMatchObject({ error: "forbidden" });
  });

  it("tells no claim of the application's own, unless members gives it", async () => {
    const token = signed({ ...CLAIMS, secret: "x", client_id: 7, username: ["a"], scope: "a b" });
    expect(await ask(guard, token)).toEqual({ active: true, token_type: "Bearer", ...CLAIMS, scope: "a b" });
    const several = signed({ ...CLAIMS, aud: ["a", "b"] });
    expect(await ask(guard, several)).toMatchObject({ aud: ["a", "b"] });
  });

  it("tells what was signed where a schema gives the guard other claims, and that a token is bound to a key", async () => {
    const schema = {
      "~standard": { version: 1, vendor: "test", validate: () => ({ value: { sub: "shaped", only: 1 } }) },
    } as const;
    const shaped = createGuard({ token: profileOf(undefined, { schema: schema as never }) as TokenProfile });
    const token = signed({ ...CLAIMS, cnf: { jkt: "thumb" }, client_id: "mobile" });
    expect(await ask(shaped, token)).toMatchObject({
      sub: "user-1",
      client_id: "mobile",
      cnf: { jkt: "thumb" },
      token_type: "DPoP",
    });
  });

  it("tells of bound tokens, whichever guard takes them, and whatever they are bound to", async () => {
    const credential = dpop(profileOf(), { origin: "https://api.example.com", proofs: null });
    const bound = createGuard({ credentials: [credential] });
    const { auth } = houseOf({ more: { credentials: [credential] } as never });
    const partners = createGuard({ token: profileOf(undefined, { issuer: "https://partner.example" }) });
    for (const cnf of [{ jkt: "thumb" }, { "x5t#S256": "thumb" }, "thumb", null, 7]) {
      const token = signed({ ...CLAIMS, cnf });
      for (const guard of [bound, auth, anyOf(partners, bound)]) {
        expect(await ask(guard as Guard, token)).toMatchObject({ active: true, sub: "user-1", cnf });
      }
    }
    expect(await ask(anyOf(partners, bound), "none")).toEqual({ active: false });
  });

  it("takes an authenticator that takes tokens of others alone", async () => {
    const partners = profileOf(undefined, { issuer: "https://partner.example" });
    const { auth } = houseOf({ more: { credentials: [bearer(partners)] } as never });
    const answer = await ask(auth as Guard, signed({ ...CLAIMS, iss: "https://partner.example" }));
    expect(answer).toMatchObject({ active: true, sub: "user-1" });
  });

  it("takes API keys and guards of several kinds", async () => {
    const keys = createApiKeys({ store: memoryApiKeys(), prefix: "acme", now: () => NOW });
    const created = await keys.create({ userId: "user-2", scopes: ["a", "b"] });
    const both = createGuard({ credentials: [bearer(profileOf()), apiKeys(keys)] });
    expect(await ask(both, created?.key)).toEqual({ active: true, sub: "user-2", scope: "a b", token_type: "Bearer" });
    const any = anyOf(createGuard({ credentials: [apiKeys(keys)] }), guard);
    expect((await ask(any, signed())).sub).toBe("user-1");
    expect((await ask(createGuard({ credentials: [apiKeys(keys)] }), "other")).active).toBe(false);
  });

  it("takes a guard of the application's own, whose tokens need not be ours", async () => {
    const own: Guard = {
      ...guard,
      authenticate: async (given) => {
        if (given === "Bearer throttled") throw new AuthError("too_many_attempts");
        if (given !== "Bearer opaque") throw new AuthError("invalid_token");
        return {
          userId: "user-7",
          scopes: [],
          sid: null,
          claims: null,
          credential: "bearer",
          authenticatedAt: null,
          methods: [],
          acr: null,
        };
      },
    };
    expect(await ask(own, "opaque")).toEqual({ active: true, sub: "user-7", token_type: "Bearer" });
    expect(await ask(own, "other")).toEqual({ active: false });
    const throttled = await handleIntrospect(own, { clients })(requestOf("throttled"));
    expect(throttled).toMatchObject({ status: 429, body: { error: "too_many_attempts" } }); // Nobody knows whether it is good.
  });

  it("takes refresh tokens only where the application says so, and says that they are", async () => {
    let disabled = false;
    const { auth, clock } = houseOf({ users: { findById: async (id) => ({ id, disabled }) } });
    const { refreshToken, accessToken } = await auth.startSession({ id: "user-1" }, { methods: ["hwk"] });
    expect(await ask(auth, refreshToken)).toEqual({ active: false });
    const found = await ask(auth, refreshToken, { refreshTokens: true });
    expect(found).toEqual({
      active: true,
      sub: "user-1",
      sid: expect.any(String),
      iat: SECOND,
      exp: SECOND + 14 * 86_400,
      token_use: "refresh_token",
      auth_time: SECOND,
      amr: ["hwk"],
    });
    expect((await ask(auth, accessToken, { refreshTokens: true })).token_type).toBe("Bearer");
    expect(
      await ask(auth, refreshToken, { refreshTokens: true, members: ({ credential }) => ({ credential }) }),
    ).toMatchObject({ credential: "refresh" });
    const next = await auth.refresh(refreshToken);
    expect((await ask(auth, refreshToken, { refreshTokens: true })).active).toBe(true); // No successor was used yet.
    await auth.refresh(next.refreshToken);
    clock.now += 60_000;
    expect(await ask(auth, refreshToken, { refreshTokens: true })).toEqual({ active: false });
    expect((await ask(auth, next.refreshToken, { refreshTokens: true })).active).toBe(true); // To ask ended no session.
    disabled = true;
    expect(await ask(auth, next.refreshToken, { refreshTokens: true })).toEqual({ active: false });
  });
});

describe("revoke", () => {
  it("asks mayRevoke of every good token, and of no other", async () => {
    const { auth } = houseOf();
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    const asked: unknown[] = [];
    const mayRevoke: RevokeOptions["mayRevoke"] = async ({ credential, userId }, client) => {
      asked.push([credential, userId, client.userId]);
      return false;
    };
    for (const text of [accessToken, refreshToken]) {
      expect(await revoke(auth as never, text, { mayRevoke })).toMatchObject({
        status: 400,
        body: { error: "invalid_grant" },
      });
    }
    expect((await revoke(auth as never, "x", { mayRevoke })).status).toBe(200);
    expect(asked).toEqual([
      ["bearer", "user-1", "reports"],
      ["refresh", "user-1", "reports"],
    ]);
    await expect(revoke(auth as never, accessToken, { mayRevoke: () => "yes" as never })).rejects.toThrow(TypeError);
    const failed = Object.assign(new SyntaxError("Unexpected token <"), { status: 200 });
    const failing = (): never => {
      throw failed;
    };
    for (const broken of [failing, () => Promise.reject(failed)]) {
      const answer = revoke(auth as never, accessToken, { mayRevoke: broken });
      await expect(answer).rejects.toMatchObject({ code: "unavailable", cause: failed });
    }
    expect(await auth.authenticateToken(accessToken)).toBeDefined();
  });

  it("waits for mayRevoke no longer than a request may take", async () => {
    const { auth } = houseOf();
    const { accessToken } = await auth.login(READER);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const answer = revoke(auth as never, accessToken, { mayRevoke: () => new Promise(() => {}) });
    const settled = expect(answer).rejects.toMatchObject({ code: "unavailable", status: 503 });
    await vi.advanceTimersByTimeAsync(5_001);
    await settled;
  });

  it("without a blocklist says that access tokens are unsupported, and ends the session of a refresh token", async () => {
    const { auth } = houseOf({ blocklist: null });
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    expect(auth.revokeAccessToken).toBeUndefined();
    expect(await revoke(auth as never, accessToken)).toMatchObject({
      status: 400,
      body: { error: "unsupported_token_type" },
    });
    expect((await revoke(auth as never, refreshToken)).status).toBe(200);
    await expect(auth.refresh(refreshToken)).rejects.toMatchObject({ code: "invalid_refresh_token" });
  });

  it("without sessions revokes access tokens, tells of each, and takes a refresh token for none", async () => {
    const { blocklist, users } = houseOf();
    const events: unknown[] = [];
    const auth = createAuthenticator({
      token: profileOf(),
      users,
      blocklist,
      onEvent: (event) => void events.push(event),
    });
    const { accessToken } = await auth.startSession({ id: "user-1" });
    expect((await revoke(auth as never, "x".repeat(43))).status).toBe(200);
    events.length = 0;
    expect((await revoke(auth as never, accessToken)).status).toBe(200);
    expect(events).toMatchObject([{ type: "token_revoked", userId: "user-1", sid: null }]);
    await expect(auth.authenticateToken(accessToken)).rejects.toMatchObject({ code: "revoked" });
    await expect(auth.revokeAccessToken?.({ userId: "user-1", scopes: [] } as never)).rejects.toThrow(/has a jti/);
    await expect(auth.revokeAccessToken?.(undefined as never)).rejects.toThrow(TypeError);
  });
});

describe("a refresh token that is inspected", () => {
  it("is told of without being used", async () => {
    const { auth, clock } = houseOf();
    const { refreshToken } = await auth.startSession({ id: "user-1" });
    const info = await auth.inspectRefreshToken(refreshToken);
    expect(info).toMatchObject({ userId: "user-1", active: true, createdAt: new Date(NOW), methods: [], acr: null });
    expect(await auth.inspectRefreshToken("x".repeat(43))).toBeNull();
    expect(await auth.inspectRefreshToken("x")).toBeNull();
    await expect(auth.inspectRefreshToken(7)).rejects.toMatchObject({ code: "malformed_refresh_token" });
    clock.now += 14 * 86_400_000;
    expect(await auth.inspectRefreshToken(refreshToken)).toMatchObject({ active: false });
  });

  it("of an ended session, or one whose record is broken, is not active or unavailable", async () => {
    const { auth, store } = houseOf({ store: { deleteSessions: async () => undefined } });
    const { refreshToken } = await auth.startSession({ id: "user-1" });
    await auth.logoutByRefreshToken(refreshToken);
    expect(await auth.inspectRefreshToken(refreshToken)).toMatchObject({ active: false });
    const broken = houseOf({
      store: {
        findSession: async (family) => ({ ...(await store.findSession(family)), ended: null, rotation: "x" }) as never,
      },
    });
    await expect(broken.auth.inspectRefreshToken(refreshToken)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("when a route is built", () => {
  const { auth } = houseOf();
  const guard = createGuard({ token: profileOf() });
  const cookies = createAuthenticator({
    token: profileOf(),
    users: memoryUsers(),
    credentials: [cookieToken(profileOf())],
  });
  it.each([
    ["no guard", () => handleIntrospect(undefined as never, { clients }), /introspect takes what createGuard/],
    ["a token profile", () => handleIntrospect(profileOf() as never, { clients }), /a token profile/],
    [
      "a request",
      () => handleIntrospect({ headers: {} } as never, { clients }),
      /call introspect when the route is built/,
    ],
    [
      "no options",
      () => (handleIntrospect as (guard: Guard) => unknown)(guard),
      /introspect takes a plain object with options/,
    ],
    ["no clients", () => handleIntrospect(guard, {} as never), /clients must be a guard/],
    [
      "clients that are none",
      () => handleIntrospect(guard, { clients: { reports: SECRET } as never }),
      /clients must be a guard/,
    ],
    ["undefined clients", () => handleIntrospect(guard, { clients: undefined as never }), /clients is undefined/],
    ["an unknown option", () => handleIntrospect(guard, { clients, client: 1 } as never), /no option "client"/],
    [
      "too many arguments",
      () => handleIntrospect(guard, { clients }, ...([scopes("a")] as unknown as [])),
      /an argument too many/,
    ],
    [
      "a rule that is none",
      () => handleIntrospect(guard, { clients, rules: [() => true] as never }),
      /introspect: rules/,
    ],
    [
      "rules that are no list",
      () => handleIntrospect(guard, { clients, rules: scopes("a") as never }),
      /rules must be a list/,
    ],
    ["the users themselves as clients", () => handleIntrospect(guard, { clients: guard }), /every user could ask/],
    [
      "members that are none",
      () => handleIntrospect(guard, { clients, members: {} as never }),
      /members must be a function/,
    ],
    [
      "refreshTokens that is none",
      () => handleIntrospect(auth, { clients, refreshTokens: "yes" as never }),
      /true or false/,
    ],
    [
      "refreshTokens of a guard",
      () => handleIntrospect(guard, { clients, refreshTokens: true }),
      /authenticator with sessions/,
    ],
    ["tokens in cookies", () => handleIntrospect(cookies, { clients }), /takes its tokens from a cookie/],
    ["a guard for revoke", () => handleRevoke(guard as never, { clients }), /a guard, which has no logout/],
    [
      "nothing to revoke by",
      () => handleRevoke(cookies as never, { clients }),
      /revoke needs an authenticator with a blocklist/,
    ],
    ["the users as clients of revoke", () => handleRevoke(auth, { clients: auth }), /every user could ask/],
    [
      "mayRevoke that is none",
      () => handleRevoke(auth, { clients, mayRevoke: true as never }),
      /mayRevoke must be a function/,
    ],
    ["an unknown option of revoke", () => handleRevoke(auth, { clients, members: 1 } as never), /no option "members"/],
  ])("%s is refused", (_what, build, message) => {
    expect(build).toThrow(message);
    expect(build).toThrow(TypeError);
  });

  it("users may be clients where a rule tells who may", () => {
    expect(handleIntrospect(guard, { clients: guard, rules: [scopes("introspect")] })).toBeTypeOf("function");
  });
});

describe("forms", () => {
  it("an adapter that reads none is told how", async () => {
    const { form: _none, ...request } = requestOf("x");
    await expect(handleIntrospect(createGuard({ token: profileOf() }), { clients })(request)).rejects.toThrow(
      /readFormBody/,
    );
  });

  it("a header alone says no method", async () => {
    const handle = handleIntrospect(createGuard({ token: profileOf() }), { clients });
    expect(await handle(requestOf("x", { authRequest: () => authorization }))).toMatchObject({ status: 200 });
    expect(await handle(requestOf("x", { authRequest: () => null }))).toMatchObject({ status: 401 });
    expect(
      await handle(requestOf("x", { authRequest: () => ({ method: "PUT", headers: { authorization } }) })),
    ).toMatchObject({
      status: 405,
      headers: { Allow: "POST" },
    });
  });

  it("are taken from text that a parser left, and an unread body that nobody can read is an empty one", async () => {
    const type = "application/x-www-form-urlencoded; charset=utf-8";
    expect(await takeForm("token=a+b&x=1&x=2", undefined, type)).toEqual({ token: "a b", x: ["1", "2"] });
    expect(await takeForm(undefined, undefined, type)).toEqual({});
    expect(await takeForm(undefined, { readableDidRead: true }, type)).toEqual({});
  });

  it("on Fetch, a body that somebody has read is a mistake that is said", async () => {
    const handle = onFetch.introspect(createGuard({ token: profileOf() }), { clients });
    const headers = { "Content-Type": "application/x-www-form-urlencoded", Authorization: authorization };
    const request = new Request("http://x.example/", { method: "POST", body: "token=x", headers });
    await request.text();
    await expect(handle(request)).rejects.toThrow(/unread/);
  });

  it("on Fastify without a parser are a mistake that is said; with one of the application's own, none", async () => {
    const guard = createGuard({ token: profileOf() });
    const bare = fastify();
    const errors: unknown[] = [];
    bare.addHook("onError", async (_request, _reply, error) => void errors.push(error.message));
    bare.setErrorHandler(onFastify.errorHandler({ log: () => undefined }));
    bare.post("/introspect", onFastify.introspect(guard, { clients }));
    const form = { "content-type": "application/x-www-form-urlencoded", authorization };
    const answer = await bare.inject({
      method: "POST",
      url: "/introspect",
      payload: `token=${signed()}`,
      headers: form,
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json().message).toContain("call parseForms(app)");
    const xml = await bare.inject({
      method: "POST",
      url: "/introspect",
      payload: "<a/>",
      headers: { ...form, "content-type": "text/xml" },
    });
    expect(xml.statusCode).toBe(415);
    const own = fastify();
    own.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string" },
      async (_request: unknown, body: string) => body,
    );
    onFastify.parseForms(own);
    own.post("/introspect", onFastify.introspect(guard, { clients }));
    const good = await own.inject({ method: "POST", url: "/introspect", payload: `token=${signed()}`, headers: form });
    expect(good.json()).toMatchObject({ active: true, sub: "user-1" });
  });
});

describe("oauth4webapi, as a client of ours", () => {
  it("reads our answers and refusals", async () => {
    const { auth } = houseOf({ clock: { now: Date.now() } });
    const server = await (TOKEN_APPS["Express 5"] as (typeof TOKEN_APPS)[string])({
      auth,
      introspect: { clients },
      revoke: { clients },
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const issuer = { issuer: url, introspection_endpoint: `${url}/introspect`, revocation_endpoint: `${url}/revoke` };
    const client = { client_id: "reports" };
    const proof = oauth.ClientSecretBasic(SECRET);
    const options = { [oauth.allowInsecureRequests]: true };
    const introspect = async (token: string) =>
      oauth.processIntrospectionResponse(
        issuer,
        client,
        await oauth.introspectionRequest(issuer, client, proof, token, options),
      );
    const { accessToken } = await auth.startSession({ id: "user-1" });
    expect(await introspect(accessToken)).toMatchObject({ active: true, sub: "user-1", token_type: "Bearer" });
    await oauth.processRevocationResponse(await oauth.revocationRequest(issuer, client, proof, accessToken, options));
    expect(await introspect(accessToken)).toEqual({ active: false });
    const wrong = oauth.ClientSecretBasic("wrong");
    const refused = await oauth.introspectionRequest(issuer, client, wrong, accessToken, options);
    await expect(oauth.processIntrospectionResponse(issuer, client, refused)).rejects.toThrow(
      oauth.WWWAuthenticateChallengeError,
    );
    const { auth: keyless } = houseOf({ blocklist: null, clock: { now: Date.now() } });
    const other = await (TOKEN_APPS["Fastify 5"] as (typeof TOKEN_APPS)[string])({
      auth: keyless,
      introspect: { clients },
      revoke: { clients },
    });
    const there = {
      ...issuer,
      revocation_endpoint: `http://127.0.0.1:${(other.address() as AddressInfo).port}/revoke`,
    };
    const token = (await keyless.startSession({ id: "user-1" })).accessToken;
    const error = await oauth
      .processRevocationResponse(await oauth.revocationRequest(there, client, proof, token, options))
      .catch((it) => it);
    expect(error).toMatchObject({
      error: "unsupported_token_type",
      error_description: expect.any(String),
      status: 400,
    });
    for (const it of [server, other]) it.close();
  });
});
