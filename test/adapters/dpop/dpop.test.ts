import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import Router from "@koa/router";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { type DpopOptions, dpop } from "../../../src/dpop.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import type { Credential } from "../../../src/guard/credential.ts";
import { memoryProofs } from "../../../src/stores/memory.ts";
import { type ClientKey, clientKey, proofOf } from "../../support/dpop.ts";
import { houseOf, PASSWORD, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { NOW, profileOf, SECOND } from "../../support/tokens.ts";
import { ADAPTERS } from "../client.ts";
import { type Answer, exchange } from "../exchange.ts";

const ORIGIN = "https://api.example.com";
const KEY = clientKey();
const OTHER = clientKey("EdDSA");
const NONCE = { secret: "a secret for nonces, of 32 bytes or more", lifetime: "5m" } as const;

interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string;
}

/** An authenticator that takes bound tokens, beside what else it is given. */
function authOf(
  options: Partial<DpopOptions> = {},
  beside: (own: ReturnType<typeof profileOf>) => Credential[] = () => [],
) {
  const clock = { now: NOW };
  const token = profileOf(undefined, { now: () => clock.now });
  const credential = dpop(token, { origin: ORIGIN, proofs: memoryProofs(), ...options });
  const more = { token, credentials: [...beside(token), credential] } as never;
  return { auth: houseOf({ clock, more }).auth as unknown as SessionAuthenticator, clock, token };
}

/** What a client does: it proves each request, and keeps its tokens. */
function clientOf(server: Server, key: ClientKey = KEY) {
  const send = (path: string, { method = "POST", headers = [] as readonly string[], body = {} } = {}) =>
    exchange(server, {
      method,
      path,
      headers: ["Content-Type", "application/json", ...headers],
      ...(method === "POST" && { body: JSON.stringify(body) }),
    });
  const prove = (
    path: string,
    { method = "POST", token = undefined as string | undefined, payload = {}, by = key } = {},
  ) => proofOf(by, { method, url: ORIGIN + path, ...(token !== undefined && { token }) }, { payload });
  const inHeaders = (proof: string, token?: string): readonly string[] => [
    "DPoP",
    proof,
    ...(token === undefined ? [] : ["Authorization", `DPoP ${token}`]),
  ];
  const me = (token: string, proof = prove("/me", { method: "GET", token })): Promise<Answer> =>
    send("/me", { method: "GET", headers: inHeaders(proof, token) });
  return { send, prove, inHeaders, me };
}

const tokensOf = ({ body }: Answer): Tokens => JSON.parse(body);
const jktOf = (token: string): unknown => (decodeToken(token).claims.cnf as { jkt?: unknown } | undefined)?.jkt;
const errorOf = ({ status, body }: Answer): unknown => [status, JSON.parse(body).error];

describe.each(partOf(ADAPTERS, 0, 2))("%s, where bound tokens alone are taken", (_name, app) => {
  let server: Server;
  beforeAll(async () => {
    server = await app(authOf().auth, { log: () => {} });
  });
  afterAll(() => void server.close());

  it("demands a proof of whoever logs in, and binds the tokens to its key", async () => {
    const { send, prove, inHeaders, me } = clientOf(server);
    const refused = await send("/login", { body: READER });
    expect(errorOf(refused)).toEqual([401, "invalid_dpop_proof"]);
    expect(refused.headers["www-authenticate"]).toMatch(
      /^DPoP realm="api", error="invalid_dpop_proof", .*algs="ES256 /,
    );
    const answer = await send("/login", { body: READER, headers: inHeaders(prove("/login")) });
    const { access_token: token, token_type } = tokensOf(answer);
    expect([answer.status, token_type, jktOf(token)]).toEqual([200, "DPoP", KEY.jkt]);
    expect(answer.headers).not.toHaveProperty("dpop-nonce");
    expect(await me(token)).toMatchObject({ status: 200, body: '{"id":"user-1","same":true}' });
    const shown = await send("/me", { method: "GET", headers: ["Authorization", `Bearer ${token}`] });
    expect(errorOf(shown)).toEqual([401, "missing_token"]);
  });

  it("takes a proof once, for one request, and never asks whom the client thinks it asks", async () => {
    const { send, prove, inHeaders, me } = clientOf(server);
    const logIn = () => send("/login", { body: READER, headers: inHeaders(prove("/login")) });
    const { access_token: token } = tokensOf(await logIn());
    const proof = prove("/me", { method: "GET", token });
    expect((await me(token, proof)).status).toBe(200);
    expect(errorOf(await me(token, proof))).toEqual([401, "invalid_dpop_proof"]);
    expect(errorOf(await me(token, prove("/feed", { method: "GET", token })))).toEqual([401, "invalid_dpop_proof"]);
    expect(errorOf(await me(token, prove("/me", { token })))).toEqual([401, "invalid_dpop_proof"]);
    expect(errorOf(await me(token, prove("/me", { method: "GET" })))).toEqual([401, "invalid_dpop_proof"]);
    const evil = proofOf(KEY, { method: "GET", url: "https://evil.example.com/me", token });
    const forged = ["Host", "evil.example.com", "X-Forwarded-Host", "evil.example.com", "X-Forwarded-Proto", "https"];
    const headers = [...inHeaders(evil, token), ...forged];
    expect(errorOf(await send("/me", { method: "GET", headers }))).toEqual([401, "invalid_dpop_proof"]);
    const there = inHeaders(prove("/me", { method: "GET", token }), token);
    expect((await send("/me", { method: "GET", headers: [...there, ...forged] })).status).toBe(200);
    const twice = [...there, "DPoP", prove("/me", { method: "GET", token })];
    expect(errorOf(await send("/me", { method: "GET", headers: twice }))).toEqual([400, "invalid_request"]);
  });

  it("refreshes a session with a proof by its own key alone, and another one costs it nothing", async () => {
    const { send, prove, inHeaders, me } = clientOf(server);
    const first = tokensOf(await send("/login", { body: READER, headers: inHeaders(prove("/login")) }));
    const body = { refresh_token: first.refresh_token };
    for (const headers of [[], inHeaders(prove("/refresh", { by: OTHER })), inHeaders(prove("/login"))]) {
      expect(errorOf(await send("/refresh", { body, headers }))).toEqual([401, "invalid_dpop_proof"]);
    }
    const second = tokensOf(await send("/refresh", { body, headers: inHeaders(prove("/refresh")) }));
    expect([second.token_type, jktOf(second.access_token)]).toEqual(["DPoP", KEY.jkt]);
    expect((await me(second.access_token)).status).toBe(200);
    const proof = inHeaders(prove("/logout", { token: second.access_token }), second.access_token);
    expect((await send("/logout", { headers: proof })).status).toBe(204);
    expect(errorOf(await me(second.access_token))).toEqual([401, "revoked"]);
  });

  it("binds a session that another proof begins, and the one that a new password begins", async () => {
    const { send, prove, inHeaders } = clientOf(server);
    const session = { id: "user-1", word: "sesame" };
    const changed = { ...READER, newPassword: `${PASSWORD}, twice` };
    const asked: readonly (readonly [string, object])[] = [
      ...(_name.startsWith("Nest") ? [] : [["/session", session] as const]),
      ["/password", changed],
    ];
    for (const [path, body] of asked) {
      expect(errorOf(await send(path, { body }))).toEqual([401, "invalid_dpop_proof"]);
      const { access_token: token } = tokensOf(await send(path, { body, headers: inHeaders(prove(path)) }));
      expect(jktOf(token)).toBe(KEY.jkt);
    }
  });
});

describe.each(partOf(ADAPTERS, 1, 2))("%s, where nonces are asked for", (_name, app) => {
  it.each([true, false])("hands the nonce out with what it refuses (by our handler: %s)", async (isOurs) => {
    const { auth, clock } = authOf({ nonce: NONCE });
    const server = await app(auth, isOurs ? { log: () => {} } : {});
    const { send, prove, inHeaders, me } = clientOf(server);
    const nonceOf = ({ headers }: Answer): string => String(headers["dpop-nonce"]);
    const refused = await send("/login", { body: READER, headers: inHeaders(prove("/login")) });
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toMatch(/^DPoP realm="api", error="use_dpop_nonce"/);
    const nonce = nonceOf(refused);
    const payload = { nonce };
    const answer = await send("/login", { body: READER, headers: inHeaders(prove("/login", { payload })) });
    expect([answer.status, nonceOf(answer)]).toEqual([200, nonce]);
    const { access_token: token } = tokensOf(answer);
    const meWith = (given: object) => me(token, prove("/me", { method: "GET", token, payload: given }));
    expect((await meWith(payload)).status).toBe(200);
    const without = await meWith({});
    expect([without.status, nonceOf(without)]).toEqual([401, nonce]);
    clock.now += 600_000 + 30_000;
    const late = await meWith(payload);
    expect(late.headers["www-authenticate"]).toMatch(/^DPoP realm="api", error="use_dpop_nonce"/);
    expect(nonceOf(late)).not.toBe(nonce);
    expect((await meWith({ nonce: nonceOf(late), iat: SECOND - 86_400 })).status).toBe(200);
    server.closeAllConnections();
    server.close();
  });
});

describe.each(partOf(ADAPTERS, 0, 2))("%s, where tokens are taken without proofs too", (_name, app) => {
  it("binds the tokens of whoever proves a key, and nobody else's", async () => {
    const server = await app(authOf({}, (token) => [bearer(token)]).auth, { log: () => {} });
    const { send, prove, inHeaders, me } = clientOf(server);
    const plain = tokensOf(await send("/login", { body: READER }));
    expect([plain.token_type, jktOf(plain.access_token)]).toEqual(["Bearer", undefined]);
    const bearing = (token: string) => send("/me", { method: "GET", headers: ["Authorization", `Bearer ${token}`] });
    expect((await bearing(plain.access_token)).status).toBe(200);
    const bound = tokensOf(await send("/login", { body: READER, headers: inHeaders(prove("/login")) }));
    const refused = await bearing(bound.access_token);
    expect(errorOf(refused)).toEqual([401, "invalid_token"]);
    expect(refused.headers["www-authenticate"]).toMatch(
      /^Bearer realm="api", error="invalid_token", .*, DPoP realm="api"/,
    );
    expect((await me(bound.access_token)).status).toBe(200);
    const unbound = await me(plain.access_token);
    expect(errorOf(unbound)).toEqual([401, "invalid_token"]);
    expect(unbound.headers["www-authenticate"]).toMatch(
      /^DPoP realm="api", error="invalid_token", .*, Bearer realm="api"/,
    );
    // A proof that is bad is refused, also where none would be needed.
    const bad = inHeaders(prove("/elsewhere"));
    expect(errorOf(await send("/login", { body: READER, headers: bad }))).toEqual([401, "invalid_dpop_proof"]);
    // A session that is not bound stays so, and a proof binds the one access token.
    const body = { refresh_token: plain.refresh_token };
    const next = tokensOf(await send("/refresh", { body, headers: inHeaders(prove("/refresh", { by: OTHER })) }));
    expect([next.token_type, jktOf(next.access_token)]).toEqual(["DPoP", OTHER.jkt]);
    const last = tokensOf(await send("/refresh", { body: { refresh_token: next.refresh_token } }));
    expect(last.token_type).toBe("Bearer");
    // A session that is bound stays so too.
    const refresh = { body: { refresh_token: bound.refresh_token } };
    expect(errorOf(await send("/refresh", refresh))).toEqual([401, "invalid_dpop_proof"]);
    expect((await send("/refresh", { ...refresh, headers: inHeaders(prove("/refresh")) })).status).toBe(200);
    server.closeAllConnections();
    server.close();
  });

  it("leaves a bound token out of the cookie, and the cookie of a session as it is", async () => {
    const { token } = authOf();
    const credential = dpop(token, { origin: ORIGIN, proofs: memoryProofs(), nonce: NONCE });
    const more = { token, credentials: [cookieToken(token), credential] } as never;
    const { auth } = houseOf({ refresh: { cookie: {} }, more });
    const server = await app(auth as unknown as SessionAuthenticator, { log: () => {} });
    const { send, prove, inHeaders } = clientOf(server);
    const plain = await send("/login", { body: READER });
    expect(tokensOf(plain)).not.toHaveProperty("access_token");
    expect(String(plain.headers["set-cookie"])).toMatch(/__Host-access=/);
    const payload = { nonce: auth.proofs?.nonce() };
    const bound = await send("/login", { body: READER, headers: inHeaders(prove("/login", { payload })) });
    expect(tokensOf(bound).token_type).toBe("DPoP");
    expect(String(bound.headers["set-cookie"])).not.toMatch(/__Host-access=/);
    const cookie = /__Host-refresh=[^;]+/.exec(String(bound.headers["set-cookie"]))?.[0] ?? "";
    const refresh = (proof: readonly string[]) =>
      send("/refresh", { headers: ["Cookie", cookie, "Sec-Fetch-Site", "same-origin", ...proof] });
    for (const proof of [[], inHeaders(prove("/refresh")), inHeaders(prove("/refresh", { payload, by: OTHER }))]) {
      const refused = await refresh(proof);
      expect(refused.status).toBe(401);
      expect(String(refused.headers["set-cookie"])).not.toContain("refresh");
    }
    expect(tokensOf(await refresh(inHeaders(prove("/refresh", { payload })))).token_type).toBe("DPoP");
    server.closeAllConnections();
    server.close();
  });
});

describe("below a mount, the path that the client asked for counts", () => {
  const { auth } = authOf();
  const listen = (listener: RequestListener): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer(listener).listen(0, "127.0.0.1", () => resolve(server));
    });
  const onExpress = (framework: typeof express) => {
    const [app, router] = [framework(), framework.Router()];
    router.post("/login", framework.json(), expressAdapter.login(auth));
    router.get("/me", expressAdapter.requireAuth(auth), (_req, res) => void res.json({}));
    app.use("/api", router);
    app.use(expressAdapter.errorHandler({ log: () => {} }));
    return listen(app);
  };
  const onKoa = async (Framework: typeof Koa) => {
    const [app, router] = [new Framework(), new Router()];
    router.post("/login", koaAdapter.login(auth));
    router.get("/me", koaAdapter.requireAuth(auth), (ctx) => {
      ctx.body = {};
    });
    app.use(koaAdapter.errorHandler({ log: () => {} }));
    app.use(async (ctx, next) => {
      if (ctx.method === "POST") (ctx.request as { body?: unknown }).body = await readBody(ctx.req);
      ctx.path = ctx.path.replace("/api", ""); // as koa-mount does
      await next();
    });
    app.use(router.routes());
    return listen(app.callback());
  };
  const MOUNTS: Readonly<Record<string, () => Promise<Server>>> = {
    "Express 5": () => onExpress(express),
    "Express 4": () => onExpress(express4 as never),
    "Koa 3": () => onKoa(Koa),
    "Koa 2": () => onKoa(Koa2 as never),
    async "Fastify 5, rewritten"() {
      const app = fastify({ rewriteUrl: ({ url = "" }) => url.replace("/api", "") });
      app.setErrorHandler(fastifyAdapter.errorHandler({ log: () => {} }));
      app.post("/login", fastifyAdapter.login(auth));
      app.get("/me", { onRequest: fastifyAdapter.requireAuth(auth) }, async () => ({}));
      await app.listen({ port: 0, host: "127.0.0.1" });
      return app.server;
    },
    async "Fastify 5, with a prefix"() {
      const app = fastify();
      app.setErrorHandler(fastifyAdapter.errorHandler({ log: () => {} }));
      await app.register(
        async (scope) => {
          scope.post("/login", fastifyAdapter.login(auth));
          scope.get("/me", { onRequest: fastifyAdapter.requireAuth(auth) }, async () => ({}));
        },
        { prefix: "/api" },
      );
      await app.listen({ port: 0, host: "127.0.0.1" });
      return app.server;
    },
  };

  it.each(Object.entries(MOUNTS))("%s", async (_name, open) => {
    const server = await open();
    const { send, prove, inHeaders } = clientOf(server);
    const answer = await send("/api/login", { body: READER, headers: inHeaders(prove("/api/login")) });
    const { access_token: token } = tokensOf(answer);
    const ask = (path: string) =>
      send("/api/me?x=1", { method: "GET", headers: inHeaders(prove(path, { method: "GET", token }), token) });
    expect((await ask("/api/me")).status).toBe(200);
    expect(errorOf(await ask("/me"))).toEqual([401, "invalid_dpop_proof"]);
    server.closeAllConnections();
    server.close();
  });
});

async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
