import { once } from "node:events";
import { createServer, type Server } from "node:http";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { expect, it } from "vitest";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { profileOf } from "../../support/tokens.ts";
import { exchange } from "../exchange.ts";

const token = profileOf();
const guard = createGuard({ token });
const stricter = createGuard({ token: profileOf(undefined, { audience: "https://admin.example.com" }) });

/** Two guards in front of one route, and what an error handler of the application sees of who is asking. */
const APPS: Readonly<Record<string, (see: (shown: unknown) => void) => Promise<Server>>> = {
  async Express(see) {
    const app = express();
    app.get("/", onExpress.requireAuth(guard), onExpress.requireAuth(stricter));
    app.use(((error, req, _res, next) => {
      see((req as { auth?: unknown }).auth);
      next(error);
    }) as express.ErrorRequestHandler);
    app.use(onExpress.errorHandler());
    return createServer(app);
  },
  async Koa(see) {
    const app = new Koa();
    app.use(onKoa.errorHandler());
    app.use((ctx, next) => next().finally(() => see(ctx.state.auth)));
    app.use(onKoa.requireAuth(guard)).use(onKoa.requireAuth(stricter));
    return createServer(app.callback());
  },
  async Fastify(see) {
    const app = fastify();
    app.setErrorHandler((error, request, reply) => {
      see((request as { auth?: unknown }).auth);
      reply.send(error);
    });
    app.get("/", { onRequest: [onFastify.requireAuth(guard), onFastify.requireAuth(stricter)] }, async () => "in");
    await app.ready();
    return app.server;
  },
};

it.each(Object.entries(APPS))("%s shows nobody once a second guard has refused", async (_name, start) => {
  const seen: unknown[] = [];
  const server = (await start((shown) => seen.push(shown))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const headers = ["Authorization", `Bearer ${await issueToken({ sub: "user-1" }, token)}`];
  expect((await exchange(server, { path: "/", headers })).status).toBe(401);
  expect(seen).toEqual([null]);
  server.close();
});
