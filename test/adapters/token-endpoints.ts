import "reflect-metadata";
import { createServer, type Server } from "node:http";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import * as adapter from "../../src/adapters/adapter.ts";
import * as onExpress from "../../src/adapters/express.ts";
import * as onFastify from "../../src/adapters/fastify.ts";
import * as onFetch from "../../src/adapters/fetch.ts";
import * as onKoa from "../../src/adapters/koa.ts";
import { createIntrospectController, createRevokeController, HallpassModule } from "../../src/adapters/nest.ts";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import type { AuthError } from "../../src/core/errors.ts";
import { listening, serveFetch } from "./serve.ts";

/** What the two endpoints are made of. */
interface Parts {
  readonly auth: SessionAuthenticator;
  readonly introspect: adapter.IntrospectOptions;
  readonly revoke: adapter.RevokeOptions;
  readonly log?: (error: AuthError) => unknown;
}

/** Serves `/introspect` and `/revoke` on a port of the system's choice. */
export type TokenApp = (parts: Parts) => Promise<Server>;

type Middleware = ReturnType<typeof express.json>;

/** Each adapter, with and without a parser of forms in front where the framework leaves that open. */
export const TOKEN_APPS: Readonly<Record<string, TokenApp>> = {
  "Express 5": (parts) => serveExpress(express, [], parts),
  "Express 5 behind its parsers": (parts) => serveExpress(express, [express.json(), express.urlencoded()], parts),
  "Express 4 behind a parser of JSON": (parts) => serveExpress(express4 as never, [express4.json()], parts),
  "Koa 3": (parts) => serveKoa(Koa, [], parts),
  "Koa 2 behind its parser": (parts) => serveKoa(Koa2, [bodyParser()], parts),
  "Fastify 5": serveFastify,
  Fetch: serveOnFetch,
  "node:http": serveNode,
  "Nest 11 on Express": (parts) => serveNest(new ExpressAdapter(), parts),
  "Nest 11 on Fastify": (parts) => serveNest(new FastifyAdapter(), parts),
};

async function serveExpress(
  framework: typeof express,
  parsers: readonly Middleware[],
  { auth, introspect, revoke, log = () => undefined }: Parts,
): Promise<Server> {
  const app = framework();
  for (const parser of parsers) app.use(parser);
  app.all("/introspect", onExpress.introspect(auth, introspect));
  app.all("/revoke", onExpress.revoke(auth, revoke));
  app.use(onExpress.errorHandler({ log }));
  return listening(app.listen(0, "127.0.0.1"));
}

async function serveKoa(
  Framework: typeof Koa,
  parsers: readonly Koa.Middleware[],
  { auth, introspect, revoke, log = () => undefined }: Parts,
): Promise<Server> {
  const app = new Framework();
  app.silent = true;
  app.use(onKoa.errorHandler({ log }));
  for (const parser of parsers) app.use(parser);
  const router = new Router();
  router.all("/introspect", onKoa.introspect(auth, introspect));
  router.all("/revoke", onKoa.revoke(auth, revoke));
  app.use(router.routes());
  return listening(app.listen(0, "127.0.0.1"));
}

async function serveFastify({ auth, introspect, revoke, log = () => undefined }: Parts): Promise<Server> {
  const app = fastify();
  app.setErrorHandler(onFastify.errorHandler({ log }));
  onFastify.parseForms(app);
  app.all("/introspect", onFastify.introspect(auth, introspect));
  app.all("/revoke", onFastify.revoke(auth, revoke));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

async function serveOnFetch({ auth, introspect, revoke, log = () => undefined }: Parts): Promise<Server> {
  const routes: Readonly<Record<string, onFetch.FetchHandler>> = {
    "/introspect": onFetch.introspect(auth, introspect),
    "/revoke": onFetch.revoke(auth, revoke),
  };
  const answer = onFetch.errorHandler({ log })(async (request) => {
    const handle = routes[new URL(request.url).pathname];
    return handle === undefined ? new Response(null, { status: 404 }) : handle(request);
  });
  return serveFetch(answer);
}

async function serveNode({ auth, introspect, revoke, log = () => undefined }: Parts): Promise<Server> {
  const respond = adapter.createErrorResponder({ log });
  const routes: Readonly<Record<string, adapter.FlowHandler>> = {
    "/introspect": adapter.handleIntrospect(auth, introspect),
    "/revoke": adapter.handleRevoke(auth, revoke),
  };
  const server = createServer((req, res) => {
    const chunks = () => req.iterator({ destroyOnReturn: false });
    const request = adapter.readNodeRequest(req, {
      ip: () => req.socket.remoteAddress,
      body: () => adapter.readJsonBody(chunks(), req.headers["content-type"]),
      form: () => adapter.readFormBody(chunks(), req.headers["content-type"]),
    });
    const handle = routes[req.url ?? ""];
    if (handle === undefined) return void res.writeHead(404).end();
    handle(request)
      .catch((error: unknown) => {
        const response = respond(error, req);
        return response ?? { status: 500, headers: {}, cookies: [], body: null };
      })
      .then((response) => adapter.sendNodeResponse(res, response));
  });
  return listening(server.listen(0, "127.0.0.1"));
}

async function serveNest(
  platform: ExpressAdapter | FastifyAdapter,
  { auth, introspect, revoke, log = () => undefined }: Parts,
): Promise<Server> {
  @Module({
    imports: [HallpassModule.forRoot({ guard: auth, log })],
    controllers: [createIntrospectController(auth, introspect), createRevokeController(auth, revoke)],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, platform, { logger: false });
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer();
}
