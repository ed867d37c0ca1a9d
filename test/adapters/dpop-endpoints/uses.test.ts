import "reflect-metadata";
import { createServer, type Server } from "node:http";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { Controller, Get, Module, Post, Req, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as adapter from "../../../src/adapters/adapter.ts";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../../src/adapters/fetch.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import {
  AuthGuard,
  createAuthController,
  createIntrospectController,
  createRevokeController,
  HallpassModule,
} from "../../../src/adapters/nest.ts";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { dpop } from "../../../src/dpop.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import type { Credential } from "../../../src/guard/credential.ts";
import { where } from "../../../src/guard/rules.ts";
import type { ProofStore, User } from "../../../src/stores/contract.ts";
import { memoryProofs } from "../../../src/stores/memory.ts";
import { clientKey, proofOf } from "../../support/dpop.ts";
import { houseOf, PASSWORD, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { NOW, profileOf } from "../../support/tokens.ts";
import { APPS, type App } from "../apps.ts";
import { ADAPTERS } from "../client.ts";
import { exchange } from "../exchange.ts";

const ORIGIN = "https://api.example.com";
const KEY = clientKey();

/** A store of proofs that counts what it is asked to remember, and can be down. */
function countingProofs() {
  const store = memoryProofs();
  const state = { asked: 0, isDown: false };
  const proofs: ProofStore = {
    remember(...args) {
      state.asked += 1;
      if (state.isDown) throw new Error("down");
      return store.remember(...args);
    },
  };
  return { proofs, state };
}

function openHouse(beside: (token: ReturnType<typeof profileOf>) => Credential[] = () => [], refresh: object = {}) {
  const { proofs, state } = countingProofs();
  const token = profileOf(undefined, { now: () => NOW });
  const credentials = [...beside(token), dpop(token, { origin: ORIGIN, proofs })];
  const outages: unknown[] = [];
  const onOutage = (_error: unknown, { operation, call }: { operation: string; call?: string }) =>
    outages.push([operation, call]);
  const house = houseOf({ refresh, more: { token, credentials, onOutage } as never });
  return { auth: house.auth as unknown as SessionAuthenticator, state, outages };
}

function clientOf(server: Server) {
  const send = (
    path: string,
    { method = "POST", body = {}, headers = [], proof, token }: Partial<Sent> = {},
  ): ReturnType<typeof exchange> =>
    exchange(server, {
      method,
      path,
      headers: [
        ...["Content-Type", "application/json", ...headers],
        ...["DPoP", proof ?? proofOf(KEY, { method, url: ORIGIN + path, ...(token !== undefined && { token }) })],
        ...(token === undefined ? [] : ["Authorization", `DPoP ${token}`]),
      ],
      ...(method === "POST" && { body: JSON.stringify(body) }),
    });
  return { send };
}

interface Sent {
  readonly method: string;
  readonly body: object;
  readonly headers: readonly string[];
  readonly proof: string;
  readonly token: string;
}

const tokensOf = ({ body }: { body: string }) => JSON.parse(body) as { access_token: string; refresh_token: string };
const errorOf = ({ status, body }: { status: number; body: string }): unknown => [status, JSON.parse(body).error];

describe.each(partOf(ADAPTERS, 1, 2))("a proof at an endpoint of tokens, on %s", (name, app) => {
  const { auth, state, outages } = openHouse();
  let server: Server;
  beforeAll(async () => {
    server = await app(auth, { log: () => {} });
  });
  afterAll(() => void server.close());

  it("is not stored for whoever shows no good credentials", async () => {
    const { send } = clientOf(server);
    const wrong = { ...READER, password: "wrong" };
    const refused: readonly (readonly [string, object])[] = [
      ["/login", {}],
      ["/login", wrong],
      ["/login", { login: "nobody@example.com", password: "x" }],
      ["/password", { ...wrong, newPassword: `${PASSWORD}, twice` }],
      ["/refresh", {}],
      ["/refresh", { refresh_token: "x".repeat(86) }],
      ...(name.startsWith("Nest") ? [] : ([["/session", { id: "user-1", word: "open" }]] as const)),
    ];
    const before = state.asked;
    for (const [path, body] of refused) expect((await send(path, { body })).status).toBeOneOf([400, 401]);
    expect(state.asked).toBe(before);
    expect((await send("/login", { body: READER })).status).toBe(200);
    expect(state.asked).toBe(before + 1);
  });

  it("is good once, and a replay begins and ends nothing", async () => {
    const { send } = clientOf(server);
    const sids = async () => (await auth.sessions("user-1")).map(({ sid }) => sid);
    for (const [path, body] of [
      ["/login", READER],
      ["/password", { ...READER, newPassword: PASSWORD }],
    ] as const) {
      const proof = proofOf(KEY, { method: "POST", url: ORIGIN + path });
      expect((await send(path, { body, proof })).status).toBe(200);
      const before = await sids();
      expect(errorOf(await send(path, { body, proof }))).toEqual([401, "invalid_dpop_proof"]);
      expect(await sids()).toEqual(before);
    }
    const { refresh_token } = tokensOf(await send("/login", { body: READER }));
    const proof = proofOf(KEY, { method: "POST", url: `${ORIGIN}/refresh` });
    const next = tokensOf(await send("/refresh", { body: { refresh_token }, proof }));
    const replay = await send("/refresh", { body: { refresh_token: next.refresh_token }, proof });
    expect(errorOf(replay)).toEqual([401, "invalid_dpop_proof"]);
    expect((await send("/refresh", { body: { refresh_token: next.refresh_token } })).status).toBe(200);
  });

  it("costs nothing where it can't be stored", async () => {
    const { send } = clientOf(server);
    const { refresh_token } = tokensOf(await send("/login", { body: READER }));
    const before = await auth.sessions("user-1");
    state.isDown = true;
    const newPassword = `${PASSWORD}, twice`;
    const asked: readonly (readonly [string, object])[] = [
      ["/login", READER],
      ["/password", { ...READER, newPassword }],
      ["/refresh", { refresh_token }],
    ];
    outages.length = 0;
    for (const [path, body] of asked) expect(errorOf(await send(path, { body }))).toEqual([503, "unavailable"]);
    state.isDown = false;
    expect(outages).toEqual(["login", "changePassword", "refresh"].map((verb) => [verb, "proofs.remember"]));
    expect(await auth.sessions("user-1")).toEqual(before);
    expect((await send("/refresh", { body: { refresh_token } })).status).toBe(200);
    expect((await send("/login", { body: READER })).status).toBe(200);
  });

  it("has its calls counted", async () => {
    const before = auth.stats().stores["proofs.remember"]?.calls ?? 0;
    await clientOf(server).send("/login", { body: READER });
    expect(auth.stats().stores["proofs.remember"]?.calls).toBe(before + 1);
  });
});

/** Applications that ask the guard several times in the course of one request, each in the way of its framework. */
const TWICE: Readonly<Record<string, (auth: SessionAuthenticator) => Promise<Server>>> = {
  async Express(auth) {
    const { login, logout, optionalAuth, requireAuth, session, errorHandler } = expressAdapter;
    const app = express();
    app.use(optionalAuth(auth), express.json());
    app.post("/login", login(auth));
    app.get("/me", requireAuth(auth), requireAuth(auth), (_req, res) => void res.json({}));
    const stepUp = session(auth, () => ({ user: { id: "user-1" } }));
    app.post("/session", requireAuth(auth), stepUp);
    app.post("/logout", requireAuth(auth), logout(auth));
    app.use(errorHandler({ log: () => {} }));
    return listening(app.listen(0, "127.0.0.1"));
  },
  async Koa(auth) {
    const { login, logout, optionalAuth, requireAuth, session, errorHandler } = koaAdapter;
    const router = new Router();
    router.post("/login", login(auth));
    router.get("/me", requireAuth(auth), requireAuth(auth), (ctx) => {
      ctx.body = {};
    });
    const stepUp = session(auth, () => ({ user: { id: "user-1" } }));
    router.post("/session", requireAuth(auth), stepUp);
    router.post("/logout", requireAuth(auth), logout(auth));
    const app = new Koa();
    app.use(errorHandler({ log: () => {} })).use(bodyParser());
    app.use(optionalAuth(auth)).use(router.routes());
    return listening(app.listen(0, "127.0.0.1"));
  },
  async Fastify(auth) {
    const { login, logout, optionalAuth, requireAuth, session, errorHandler } = fastifyAdapter;
    const app = fastify();
    app.setErrorHandler(errorHandler({ log: () => {} }));
    app.addHook("onRequest", optionalAuth(auth));
    const guarded = { onRequest: requireAuth(auth) };
    app.post("/login", login(auth));
    app.get("/me", { onRequest: [requireAuth(auth), requireAuth(auth)] }, async () => ({}));
    const stepUp = session(auth, () => ({ user: { id: "user-1" } }));
    app.post("/session", guarded, stepUp);
    app.post("/logout", guarded, logout(auth));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
  async Fetch(auth) {
    const { login, logout, optionalAuth, requireAuth, session } = fetchAdapter;
    const twice = (handler: fetchAdapter.FetchHandler) =>
      optionalAuth(auth)((request) => requireAuth(auth)((it) => handler(it))(request));
    const stepUp = session(auth, () => ({ user: { id: "user-1" } }));
    const routes: Readonly<Record<string, fetchAdapter.FetchHandler>> = {
      "/login": optionalAuth(auth)((request) => login(auth)(request)),
      "/me": twice(requireAuth(auth)(() => Response.json({}))),
      "/session": twice(stepUp),
      "/logout": twice(logout(auth)),
    };
    return onFetch(routes);
  },
  async "node:http"(auth) {
    const respond = adapter.createErrorResponder({ log: () => {} });
    const prove = () => ({ user: { id: "user-1" } });
    const flow: Readonly<Record<string, adapter.FlowHandler>> = {
      "/login": adapter.handleLogin(auth),
      "/session": adapter.handleSession(auth, prove),
      "/logout": adapter.handleLogout(auth),
      "/me": async () => ({ status: 200, headers: {}, cookies: [], body: {} }),
    };
    return listening(
      createServer(async (req, res) => {
        const { url = "/", headers } = req;
        try {
          await adapter.identify(req, auth, "authenticateOptional", req);
          if (url !== "/login") await adapter.identify(req, auth, "authenticate", req);
          const body = () => adapter.readJsonBody(req.iterator({ destroyOnReturn: false }), headers["content-type"]);
          const request = adapter.readNodeRequest(req, { ip: () => "127.0.0.1", body });
          adapter.sendNodeResponse(res, await (flow[url] as adapter.FlowHandler)(request));
        } catch (error) {
          adapter.sendNodeResponse(res, respond(error, req) as adapter.AdapterResponse);
        }
      }).listen(0, "127.0.0.1"),
    );
  },
  "Nest on Express": (auth) => onNest(auth, new ExpressAdapter()),
  "Nest on Fastify": (auth) => onNest(auth, new FastifyAdapter()),
};

function onFetch(routes: Readonly<Record<string, fetchAdapter.FetchHandler>>): Promise<Server> {
  return listening(
    createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const { method = "GET", url = "/", headers } = req;
      const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
      const request = new Request(ORIGIN + url, { method, headers: headers as Record<string, string>, ...body });
      const response = (await routes[url]?.(request)) as Response;
      res.writeHead(response.status).end(await response.text());
    }).listen(0, "127.0.0.1"),
  );
}

async function onNest(auth: SessionAuthenticator, platform: ExpressAdapter | FastifyAdapter): Promise<Server> {
  const stepUp = adapter.handleSession(auth, () => ({ user: { id: "user-1" } }));

  @Controller()
  @UseGuards(new AuthGuard(auth))
  class TwiceController {
    @Get("me")
    me() {
      return {};
    }

    @Post("session")
    async session(@Req() req: adapter.NodeHeaders) {
      const request = adapter.readNodeRequest(req, { ip: () => "127.0.0.1", body: () => ({}) });
      return (await stepUp(request)).body;
    }
  }

  @Module({
    imports: [HallpassModule.forRoot({ guard: auth, log: () => {} } as never)],
    controllers: [TwiceController, createAuthController(auth)],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, platform as never, { logger: false });
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer();
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => {
    if (server.listening) resolve(server);
    else server.once("listening", () => resolve(server));
  });
}

describe.each(Object.entries(TWICE))("a request whose proof is looked at several times, on %s", (name, open) => {
  const { auth, state } = openHouse();
  let server: Server;
  beforeAll(async () => {
    server = await open(auth);
  });
  afterAll(() => void server.close());

  it("has it stored once, and is let in", async () => {
    const { send } = clientOf(server);
    const { access_token: token } = tokensOf(await send("/login", { body: READER }));
    state.asked = 0;
    expect((await send("/me", { method: "GET", token })).status).toBe(200);
    expect(state.asked).toBe(1);
    expect((await send("/session", { token })).status).toBe(name.startsWith("Nest") ? 201 : 200);
    expect(state.asked).toBe(2);
    expect((await send("/logout", { token })).status).toBe(204);
    expect(state.asked).toBe(3);
    expect(errorOf(await send("/me", { method: "GET", token }))).toEqual([401, "revoked"]);
  });

  it("is a replay when it comes again", async () => {
    const { send } = clientOf(server);
    const { access_token: token } = tokensOf(await send("/login", { body: READER }));
    const proof = proofOf(KEY, { url: `${ORIGIN}/me`, token });
    const answers = await Promise.all(Array.from({ length: 8 }, () => send("/me", { method: "GET", token, proof })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(401)]);
  });
});

type Ask = (request: never) => Promise<unknown>;

/**
 * Applications with handlers of their own that look at a request: while a session begins, and behind a guard. Each hands
 * its framework's requests to `look`, all that a guard would take.
 */
const OWN: Readonly<Record<string, (auth: SessionAuthenticator, look: Ask, start: Ask) => Promise<Server>>> = {
  async Express(auth, look, start) {
    const { requireAuth, session, errorHandler, introspect, optionalAuth, revoke } = expressAdapter;
    const app = express();
    app.post(
      "/session",
      session(auth, async (req) => ({ user: (await look(req as never)) as User })),
    );
    app.post("/own", requireAuth(auth), async (req, res) => void res.json(await start(req as never)));
    app.use(optionalAuth(auth), express.urlencoded({ extended: false }));
    app.post("/introspect", introspect(auth, { clients: auth, rules: [KNOWN] }));
    app.post("/revoke", revoke(auth, { clients: auth, rules: [KNOWN] }));
    app.use(errorHandler({ log: () => {} }));
    return listening(app.listen(0, "127.0.0.1"));
  },
  Nest: onNestOfOwn,
  "Koa, by its own request": (auth, look, start) => onKoa(auth, ({ request }) => request, look, start),
  "Koa, by Node's request": (auth, look, start) => onKoa(auth, ({ req }) => req, look, start),
  async Fastify(auth, look, start) {
    const { requireAuth, session, errorHandler, introspect, optionalAuth, parseForms, revoke } = fastifyAdapter;
    const app = fastify();
    parseForms(app);
    app.setErrorHandler(errorHandler({ log: () => {} }));
    app.post(
      "/session",
      session(auth, async (request) => ({ user: (await look(request as never)) as User })),
    );
    app.post("/own", { onRequest: requireAuth(auth) }, async (request) => start(request as never));
    const known = { onRequest: optionalAuth(auth) };
    app.post("/introspect", known, introspect(auth, { clients: auth, rules: [KNOWN] }));
    app.post("/revoke", known, revoke(auth, { clients: auth, rules: [KNOWN] }));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
  async Fetch(auth, look, start) {
    const { requireAuth, session, introspect, optionalAuth, revoke } = fetchAdapter;
    const options = { clients: auth, rules: [KNOWN] };
    const behind = (handler: fetchAdapter.FetchHandler) => optionalAuth(auth)((request) => handler(request));
    return onFetch({
      "/session": session(auth, async (request) => ({ user: (await look(request as never)) as User })),
      "/own": requireAuth(auth)(async (request) => Response.json(await start(request as never))),
      "/introspect": behind(introspect(auth, options)),
      "/revoke": behind(revoke(auth, options)),
    });
  },
};

async function onNestOfOwn(auth: SessionAuthenticator, look: Ask, start: Ask): Promise<Server> {
  const options = { clients: auth, rules: [KNOWN] };

  @Controller()
  class OwnController {
    @Post("session")
    async session(@Req() req: adapter.NodeHeaders) {
      const prove = async () => ({ user: (await look(req as never)) as User });
      const request = adapter.readNodeRequest(req, { ip: () => "127.0.0.1", body: () => ({}) });
      return (await adapter.handleSession(auth, prove)(request)).body;
    }

    @Post("own")
    @UseGuards(new AuthGuard(auth))
    own(@Req() req: adapter.NodeHeaders) {
      return start(req as never);
    }
  }

  @Module({
    imports: [HallpassModule.forRoot({ guard: auth, log: () => {} } as never)],
    controllers: [OwnController, createIntrospectController(auth, options), createRevokeController(auth, options)],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, new ExpressAdapter() as never, { logger: false });
  for (const path of ["/introspect", "/revoke"]) app.use(path, expressAdapter.optionalAuth(auth));
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer();
}

const KNOWN = where(({ userId }) => userId === "user-1");

async function onKoa(auth: SessionAuthenticator, pick: (ctx: Koa.Context) => object, look: Ask, start: Ask) {
  const { requireAuth, session, errorHandler, introspect, optionalAuth, revoke } = koaAdapter;
  const router = new Router();
  router.post(
    "/session",
    session(auth, async (ctx) => ({ user: (await look(pick(ctx as never) as never)) as User })),
  );
  router.post("/own", requireAuth(auth), async (ctx) => {
    ctx.body = await start(pick(ctx as never) as never);
  });
  router.post("/introspect", optionalAuth(auth), introspect(auth, { clients: auth, rules: [KNOWN] }));
  router.post("/revoke", optionalAuth(auth), revoke(auth, { clients: auth, rules: [KNOWN] }));
  const app = new Koa();
  app.use(errorHandler({ log: () => {} })).use(bodyParser());
  app.use(router.routes());
  return listening(app.listen(0, "127.0.0.1"));
}

describe.each(Object.entries(OWN))("a request that an application looks at too, on %s", (_name, open) => {
  it("has its proof stored once, whoever looks at it first", async () => {
    const { auth, state } = openHouse();
    const look: Ask = async (request) => ({ id: (await auth.authenticate(request)).userId });
    const start: Ask = async (request) => {
      const boundTo = (await auth.proofs?.check(request)) ?? undefined;
      const { accessToken: access_token } = await auth.startSession({ id: "user-1" }, { boundTo });
      return { access_token };
    };
    const server = await open(auth, look, start);
    const { send } = clientOf(server);
    let { accessToken: token } = await auth.login(READER, {}, { boundTo: KEY.jkt });
    for (const path of ["/session", "/own"]) {
      state.asked = 0;
      const answer = await send(path, { token });
      expect([path, answer.status, state.asked]).toEqual([path, expect.toBeOneOf([200, 201]), 1]);
      token = tokensOf(answer).access_token;
    }
    for (const path of ["/introspect", "/revoke"]) {
      state.asked = 0;
      const url = ORIGIN + path;
      const answer = await exchange(server, {
        method: "POST",
        path,
        headers: [
          ...["Content-Type", "application/x-www-form-urlencoded", "Authorization", `DPoP ${token}`],
          ...["DPoP", proofOf(KEY, { method: "POST", url, token })],
        ],
        body: `token=${token}`,
      });
      expect([path, answer.status, state.asked]).toEqual([path, 200, 1]);
    }
    server.close();
  });
});

describe("a request that its holder tells apart", () => {
  const { auth } = openHouse();
  const open = async () => {
    const { accessToken: token } = await auth.login(READER, {}, { boundTo: KEY.jkt });
    const headers = { authorization: `DPoP ${token}`, dpop: proofOf(KEY, { url: `${ORIGIN}/me`, token }) };
    return { method: "GET", url: "/me", headers };
  };
  const codeOf = (holder: object, request: object) =>
    Promise.resolve(adapter.identify(holder, auth, "authenticate", request as never)).then(
      () => "in",
      ({ code }) => code,
    );

  it("is a replay with another holder, and where a guard is asked without one", async () => {
    const request = await open();
    const holder = {};
    expect([await codeOf(holder, request), await codeOf(holder, request)]).toEqual(["in", "in"]);
    expect(await codeOf({}, request)).toBe("invalid_dpop_proof");
    const another = await open();
    await auth.authenticate(another);
    await expect(auth.authenticate(another)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
    const readOnly = new Proxy(await open(), { set: () => false });
    expect(await codeOf(holder, readOnly)).toBe("in");
    // What is frozen can't be told apart from a replay.
    const frozen = Object.freeze(await open());
    expect([await codeOf(holder, frozen), await codeOf(holder, frozen)]).toEqual(["in", "invalid_dpop_proof"]);
  });
});

describe("credentials beside dpop", () => {
  it("lose the cookie of an earlier login where a bound one follows", async () => {
    const { auth } = openHouse((token) => [cookieToken(token)]);
    const server = await (APPS["Express 5"] as App)(auth, { log: () => {} });
    const { send } = clientOf(server);
    const body = JSON.stringify(READER);
    const plain = await exchange(server, {
      method: "POST",
      path: "/login",
      headers: ["Content-Type", "application/json"],
      body,
    });
    const cookie = /__Host-access=[^;]+/.exec(String(plain.headers["set-cookie"]))?.[0] ?? "";
    const headers = ["Cookie", cookie, "Sec-Fetch-Site", "same-origin"];
    for (const [path, sent] of [["/login", READER] as const]) {
      const bound = await send(path, { body: sent, headers });
      expect(String(bound.headers["set-cookie"])).toMatch(/__Host-access=;.*Max-Age=0/);
      const { access_token: token, refresh_token } = tokensOf(bound);
      expect((await send("/me", { method: "GET", token })).status).toBe(200);
      const next = await send("/refresh", { body: { refresh_token }, headers });
      expect(String(next.headers["set-cookie"])).toMatch(/__Host-access=;.*Max-Age=0/);
    }
    expect(String((await send("/login", { body: READER })).headers["set-cookie"])).not.toMatch(/__Host-access/);
    server.close();
  });
});
