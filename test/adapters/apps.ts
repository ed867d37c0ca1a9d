import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import * as adapter from "../../src/adapters/adapter.ts";
import * as expressAdapter from "../../src/adapters/express.ts";
import "../../src/adapters/express-auth.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import "../../src/adapters/fastify-auth.ts";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import * as koaAdapter from "../../src/adapters/koa.ts";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { AuthError } from "../../src/core/errors.ts";
import { fresh } from "../../src/guard/fresh.ts";
import type { Rule } from "../../src/guard/rule.ts";
import { scopes, where } from "../../src/guard/rules.ts";
import { listening, serveFetch } from "./serve.ts";

/** How an application answers errors: with ours where `log` is given, else with the framework's own. */
export interface Errors {
  readonly log?: (error: AuthError, request: object) => unknown;
  /** The environment that frameworks which look at one run in. */
  readonly env?: string;
}

/** The same routes on every framework, listening on a port of the system's choice. */
export type App = (auth: SessionAuthenticator, errors?: Errors) => Promise<Server>;

export const APPS: Readonly<Record<string, App>> = {
  "Express 5": (auth, errors) => onExpress(express, auth, errors),
  "Express 4": (auth, errors) => onExpress(express4, auth, errors),
  "Koa 3": (auth, errors) => onKoa(Koa, auth, errors),
  "Koa 2": (auth, errors) => onKoa(Koa2, auth, errors),
  "Fastify 5": onFastify,
  Fetch: onFetch,
  "node:http": onNode,
};

/** How the logins of all applications say how the session is to be. */
const OPTIONS: adapter.LoginOptions = {
  session: (body, request) => ({
    persistent: (body as { forget?: boolean } | undefined)?.forget !== true,
    device: { userAgent: request.header("user-agent") ?? undefined, address: request.ip() },
  }),
};

/** What proves a user to all applications: a body that names the user, with a word that only this test knows. */
function prove(body: unknown): adapter.ProvenUser | null {
  const { id = "", word, persistent = true } = (body ?? {}) as { id?: string; word?: string; persistent?: boolean };
  if (word === "throw") throw new AuthError("too_many_attempts");
  return word === "sesame" ? { user: { id }, methods: ["hwk"], persistent } : null;
}

/** What the routes below `/rules` ask for, one rule each. */
export const RULES: Readonly<
  Record<"fits" | "fitsLater" | "forbids" | "forbidsLater" | "fresh" | "throws" | "hangs" | "lies", Rule>
> = {
  fits: where(({ userId }) => userId !== ""),
  fitsLater: where(async ({ userId }) => userId !== ""),
  forbids: where(() => false),
  forbidsLater: where(async () => false),
  fresh: fresh({ maxAge: "5m", acr: ["silver", "gold"] }),
  throws: where(() => broken()),
  hangs: where(() => new Promise<boolean>(() => {})),
  lies: where(() => "yes" as never),
};

/** What other middleware leave on the answer: of it, an error's answer keeps all but what would have it cached. */
export const BEFORE = { Vary: "Origin", "Cache-Control": "public, max-age=60", "Set-Cookie": "theme=dark" };

export function broken(): never {
  throw new Error("the application's own");
}

async function onExpress(
  framework: typeof express,
  auth: SessionAuthenticator,
  { log, env = "test" }: Errors = {},
): Promise<Server> {
  const {
    requireAuth,
    optionalAuth,
    requireScope,
    login,
    refresh,
    changePassword,
    logout,
    session,
    authOf,
    optionalAuthOf,
  } = expressAdapter;
  const app = framework();
  app.set("env", env); // "test" keeps its default error handler from logging
  if (log !== undefined) app.use((_req, res, next) => void next(res.set(BEFORE) && undefined));
  app.post("/login", framework.json(), login(auth, OPTIONS));
  app.post(
    "/session",
    framework.json(),
    session(auth, async (req) => prove(req.body)),
  );
  app.post("/refresh", framework.json(), refresh(auth));
  app.post("/password", framework.json(), changePassword(auth));
  app.post("/logout", framework.json(), logout(auth));
  app.all("/me", requireAuth(auth), (req, res) => {
    res.json({ id: authOf(req, auth).userId, same: authOf(req, auth) === req.auth });
  });
  app.get("/feed", optionalAuth(auth), (req, res) => {
    res.json({ personal: req.auth !== null && optionalAuthOf(req, auth) === req.auth });
  });
  app.get("/read", requireAuth(auth), requireScope("read"), (_req, res) => {
    res.json({});
  });
  app.get("/write", requireAuth(auth), requireScope("read", "write"), (_req, res) => {
    res.json({});
  });
  app.get("/feed/read", optionalAuth(auth), requireScope("read"), (_req, res) => {
    res.json({});
  });
  for (const [name, rule] of Object.entries(RULES)) {
    app.get(`/rules/${name}`, requireAuth(auth, rule), (_req, res) => {
      res.json({});
    });
  }
  app.get("/unguarded", (req, res) => {
    res.json(authOf(req, auth));
  });
  app.get("/unguarded/scope", requireScope("read"), (_req, res) => {
    res.json({});
  });
  app.post("/unparsed", login(auth));
  app.post("/unparsed/logout", logout(auth));
  app.get("/broken", broken);
  app.get("/begun", (_req, res, next) => {
    res.write("begun");
    next(new AuthError("unavailable"));
  });
  if (log !== undefined) app.use(expressAdapter.errorHandler({ log }));
  return listening(app.listen(0, "127.0.0.1"));
}

async function onKoa(Framework: typeof Koa, auth: SessionAuthenticator, { log }: Errors = {}): Promise<Server> {
  const {
    requireAuth,
    optionalAuth,
    requireScope,
    login,
    refresh,
    changePassword,
    logout,
    session,
    authOf,
    optionalAuthOf,
  } = koaAdapter;
  const app = new Framework();
  const router = new Router();
  if (log !== undefined) {
    app.use(koaAdapter.errorHandler({ log }));
    app.use((ctx, next) => {
      ctx.set(BEFORE);
      return next();
    });
  }
  router.post("/login", bodyParser({ enableTypes: ["json"] }), login(auth, OPTIONS));
  router.post(
    "/session",
    bodyParser(),
    session(auth, (ctx) => prove((ctx.request as { body?: unknown }).body)),
  );
  router.post("/refresh", bodyParser({ enableTypes: ["json"] }), refresh(auth));
  router.post("/password", bodyParser({ enableTypes: ["json"] }), changePassword(auth));
  router.post("/logout", bodyParser({ enableTypes: ["json"] }), logout(auth));
  router.all("/me", requireAuth(auth), (ctx) => {
    ctx.body = { id: ctx.state.auth.userId, same: authOf(ctx, auth) === ctx.state.auth };
  });
  router.get("/feed", optionalAuth(auth), (ctx) => {
    ctx.body = { personal: ctx.state.auth !== null && optionalAuthOf(ctx, auth) === ctx.state.auth };
  });
  router.get("/read", requireAuth(auth), requireScope("read"), (ctx) => {
    ctx.body = {};
  });
  router.get("/write", requireAuth(auth), requireScope("read", "write"), (ctx) => {
    ctx.body = {};
  });
  router.get("/feed/read", optionalAuth(auth), requireScope("read"), (ctx) => {
    ctx.body = {};
  });
  for (const [name, rule] of Object.entries(RULES)) {
    router.get(`/rules/${name}`, requireAuth(auth, rule), (ctx) => {
      ctx.body = {};
    });
  }
  router.get("/unguarded", (ctx) => {
    ctx.body = authOf(ctx, auth);
  });
  router.get("/unguarded/scope", requireScope("read"), (ctx) => {
    ctx.body = {};
  });
  router.post("/unparsed", login(auth));
  router.post("/unparsed/logout", logout(auth));
  router.get("/broken", broken);
  router.get("/begun", (ctx) => {
    ctx.res.write("begun");
    setImmediate(() => ctx.res.destroy()); // Koa itself leaves such an answer open
    throw new AuthError("unavailable");
  });
  app.silent = true;
  app.use(router.routes());
  return listening(app.listen(0, "127.0.0.1"));
}

async function onFastify(auth: SessionAuthenticator, { log }: Errors = {}): Promise<Server> {
  const {
    requireAuth,
    optionalAuth,
    requireScope,
    login,
    refresh,
    changePassword,
    logout,
    session,
    authOf,
    optionalAuthOf,
  } = fastifyAdapter;
  const app = fastify();
  if (log !== undefined) {
    app.setErrorHandler(fastifyAdapter.errorHandler({ log }));
    app.addHook("onRequest", async (_request, reply) => void reply.headers(BEFORE));
  }
  app.post("/login", login(auth, OPTIONS));
  app.post(
    "/session",
    session(auth, async ({ body }) => prove(body)),
  );
  app.post("/refresh", refresh(auth));
  app.post("/password", changePassword(auth));
  app.post("/logout", logout(auth));
  app.all("/me", { onRequest: requireAuth(auth) }, async (request) => {
    return { id: authOf(request, auth).userId, same: authOf(request, auth) === request.auth };
  });
  app.get("/feed", { onRequest: optionalAuth(auth) }, async (request) => ({
    personal: request.auth !== null && optionalAuthOf(request, auth) === request.auth,
  }));
  app.get("/read", { onRequest: [requireAuth(auth), requireScope("read")] }, async () => ({}));
  app.get("/write", { onRequest: [requireAuth(auth), requireScope("read", "write")] }, async () => ({}));
  app.get("/feed/read", { onRequest: [optionalAuth(auth), requireScope("read")] }, async () => ({}));
  for (const [name, rule] of Object.entries(RULES)) {
    app.get(`/rules/${name}`, { onRequest: requireAuth(auth, rule) }, async () => ({}));
  }
  app.get("/unguarded", async (request) => authOf(request, auth));
  app.get("/unguarded/scope", { onRequest: requireScope("read") }, async () => ({}));
  app.get("/broken", broken);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

async function onFetch(auth: SessionAuthenticator, { log }: Errors = {}): Promise<Server> {
  const {
    requireAuth,
    optionalAuth,
    requireScope,
    login,
    refresh,
    changePassword,
    logout,
    session,
    authOf,
    optionalAuthOf,
  } = fetchAdapter;
  const me = requireAuth(auth)((request, identity) =>
    Response.json({ id: identity.userId, same: authOf(request, auth) === identity }),
  );
  const routes: Record<string, fetchAdapter.FetchHandler> = {
    "/login": login(auth, { address: () => "127.0.0.1", ...OPTIONS }),
    "/session": session(auth, async (request) => prove(await request.json())),
    "/refresh": refresh(auth),
    "/password": changePassword(auth, { address: () => "127.0.0.1" }),
    "/logout": logout(auth),
    "/me": me,
    "/feed": optionalAuth(auth)((request, identity) =>
      Response.json({ personal: identity !== null && optionalAuthOf(request, auth) === identity }),
    ),
    "/read": requireAuth(auth)(requireScope("read")(() => Response.json({}))),
    "/write": requireAuth(auth)(requireScope("read", "write")(() => Response.json({}))),
    "/feed/read": optionalAuth(auth)(requireScope("read")(() => Response.json({}))),
    ...mapRules((rule) => requireAuth(auth, rule)(() => Response.json({}))),
    "/unguarded": async (request) => Response.json(authOf(request, auth)),
    "/unguarded/scope": (request) => requireScope("read")(() => Response.json({}))(request, null),
    "/broken": async () => broken(),
  };
  const route: fetchAdapter.FetchHandler = async (request) =>
    (routes[new URL(request.url).pathname] ?? (() => new Response(null, { status: 404 })))(request);
  const answer = log === undefined ? route : fetchAdapter.errorHandler({ log })(route);
  return serveFetch(answer);
}

/** An adapter as anybody may write one by what the others share: it takes these few lines. */
async function onNode(auth: SessionAuthenticator, { log }: Errors = {}): Promise<Server> {
  const { authorizeRules, identify, recallIdentity, sendNodeResponse } = adapter;
  const ask = (req: IncomingMessage, ...names: string[]) => authorizeRules(req, [scopes(...names)], req);
  const respond = adapter.createErrorResponder({ log: log ?? (() => {}) });
  type Handler = (req: IncomingMessage) => Promise<object>;
  const recognise = (recognition: adapter.Recognition) => (req: IncomingMessage) =>
    identify(req, auth, recognition, req);
  const [requireAuth, optionalAuth] = [recognise("authenticate"), recognise("authenticateOptional")];
  const flow: Readonly<Record<string, adapter.FlowHandler>> = {
    "/login": adapter.handleLogin(auth, OPTIONS),
    "/session": adapter.handleSession(auth, async (request) => prove(await request.body())),
    "/refresh": adapter.handleRefresh(auth),
    "/password": adapter.handleChangePassword(auth),
    "/logout": adapter.handleLogout(auth),
  };
  const routes: Readonly<Record<string, Handler>> = {
    "/me": async (req) => {
      const identity = await requireAuth(req);
      return { id: recallIdentity(req, auth).userId, same: recallIdentity(req, auth) === identity };
    },
    "/feed": async (req) => ({
      personal: (await optionalAuth(req)) !== null && adapter.recallOptionalIdentity(req, auth) !== null,
    }),
    "/read": async (req) => ({ by: await requireAuth(req), read: await ask(req, "read") }),
    "/write": async (req) => ({ by: await requireAuth(req), write: await ask(req, "read", "write") }),
    "/feed/read": async (req) => ({ feed: await optionalAuth(req), read: await ask(req, "read") }),
    ...mapRules((rule) => async (req) => ({
      by: await requireAuth(req),
      ruled: await authorizeRules(req, [rule], req),
    })),
    "/unguarded": async (req) => recallIdentity(req, auth),
    "/unguarded/scope": async (req) => ({ read: await ask(req, "read") }),
    "/broken": async () => broken(),
  };
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { url = "", headers } = req;
    const handle = flow[url];
    const [path = ""] = url.split("?", 1);
    if (handle === undefined) return void res.end(JSON.stringify(await routes[path]?.(req)));
    const body = () => adapter.readJsonBody(req.iterator({ destroyOnReturn: false }), headers["content-type"]);
    const request = adapter.readNodeRequest(req, { ip: () => req.socket.remoteAddress, body });
    sendNodeResponse(res, await handle(request));
  };
  const server = createServer((req, res) => {
    if (log !== undefined) res.setHeaders(new Map(Object.entries(BEFORE)));
    answer(req, res).catch((error) => {
      const response = respond(error, req);
      if (response === null) res.writeHead(500).end();
      else sendNodeResponse(res, response);
    });
  });
  return listening(server.listen(0, "127.0.0.1"));
}

/** Makes a route of each rule. */
function mapRules<Route>(makeRoute: (rule: Rule) => Route): Record<string, Route> {
  return Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [`/rules/${name}`, makeRoute(rule)]));
}
