import "reflect-metadata";
import { createServer, type Server } from "node:http";
import Router from "@koa/router";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import * as adapter from "../../src/adapters/adapter.ts";
import * as expressAdapter from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import * as koaAdapter from "../../src/adapters/koa.ts";
import { createJwksController, createResourceMetadataController, HallpassModule } from "../../src/adapters/nest.ts";
import type { ProtectedResource } from "../../src/core/http/protected-resource.ts";
import type { KeyRing } from "../../src/core/keys/ring.ts";
import type { LiveKeys } from "../../src/core/keys/source.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { listening } from "./serve.ts";

/** What each application publishes, for how long, and the guard in front of `/me`. */
export interface Published {
  readonly keys: KeyRing | LiveKeys;
  readonly api: ProtectedResource;
  readonly guard: Guard;
  readonly options?: adapter.PublishOptions;
}

/** Where the keys are. */
export const JWKS = "/.well-known/jwks.json";

/** The same two documents on every framework, and a guarded route. */
export const PUBLISHERS: Readonly<Record<string, (published: Published) => Promise<Server>>> = {
  "Express 5": (published) => onExpress(express, published),
  "Express 4": (published) => onExpress(express4, published),
  "Koa 3": (published) => onKoa(Koa, published),
  "Koa 2": (published) => onKoa(Koa2, published),
  "Fastify 5": onFastify,
  Fetch: onFetch,
  "Nest 11 on Express": (published) => onNest(new ExpressAdapter(), published),
  "Nest 11 on Fastify": (published) => onNest(new FastifyAdapter(), published),
  "node:http": onNode,
};

function onExpress(framework: typeof express, { keys, api, guard, options }: Published): Promise<Server> {
  const { jwks, resourceMetadata, requireAuth, errorHandler } = expressAdapter;
  const app = framework();
  app.all(JWKS, jwks(keys, options));
  app.all(api.metadataPath, resourceMetadata(api, options));
  app.get("/me", requireAuth(guard), (_req, res) => void res.json({}));
  app.use(errorHandler({ log: () => {} }));
  return listening(app.listen(0, "127.0.0.1"));
}

function onKoa(Framework: typeof Koa, { keys, api, guard, options }: Published): Promise<Server> {
  const { jwks, resourceMetadata, requireAuth, errorHandler } = koaAdapter;
  const app = new Framework();
  const router = new Router();
  app.use(errorHandler({ log: () => {} }));
  router.all(JWKS, jwks(keys, options));
  router.all(api.metadataPath, resourceMetadata(api, options));
  router.get("/me", requireAuth(guard), (ctx) => {
    ctx.body = {};
  });
  app.use(router.routes());
  return listening(app.listen(0, "127.0.0.1"));
}

async function onFastify({ keys, api, guard, options }: Published): Promise<Server> {
  const { jwks, resourceMetadata, requireAuth, errorHandler } = fastifyAdapter;
  const app = fastify();
  app.setErrorHandler(errorHandler({ log: () => {} }));
  app.all(JWKS, jwks(keys, options));
  app.all(api.metadataPath, resourceMetadata(api, options));
  app.get("/me", { onRequest: requireAuth(guard) }, async () => ({}));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

function onFetch({ keys, api, guard, options }: Published): Promise<Server> {
  const { jwks, resourceMetadata, requireAuth } = fetchAdapter;
  const routes: Record<string, fetchAdapter.FetchHandler> = {
    [JWKS]: jwks(keys, options),
    [api.metadataPath]: resourceMetadata(api, options),
    "/me": requireAuth(guard)(() => Response.json({})),
  };
  const server = createServer(async (req, res) => {
    const { method = "GET", url = "/", headers } = req;
    const request = new Request(`http://localhost${url}`, { method, headers: headers as Record<string, string> });
    const response = (await routes[url]?.(request)) ?? new Response(null, { status: 404 });
    // Whatever the handler gives is sent as it is, so that a body in the answer to a HEAD would show.
    res.writeHead(response.status, [...response.headers, ["X-Body", String(response.body !== null)]].flat());
    res.end(await response.text());
  });
  return listening(server.listen(0, "127.0.0.1"));
}

@Controller()
class MeController {
  @Get("me")
  me() {
    return {};
  }
}

async function onNest(
  platform: ExpressAdapter | FastifyAdapter,
  { keys, api, guard, options }: Published,
): Promise<Server> {
  @Module({
    imports: [HallpassModule.forRoot({ guard, log: () => {} })],
    controllers: [createJwksController(keys, options), createResourceMetadataController(api, options), MeController],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, platform, { logger: false });
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer();
}

/** An adapter as anybody may write one. */
function onNode({ keys, api, guard, options }: Published): Promise<Server> {
  const { handleJwks, handleResourceMetadata, sendNodeResponse, readNodeRequest } = adapter;
  const respond = adapter.createErrorResponder({ log: () => {} });
  const handlers: Readonly<Record<string, adapter.FlowHandler>> = {
    [JWKS]: handleJwks(keys, options),
    [api.metadataPath]: handleResourceMetadata(api, options),
    "/me": async (request) => {
      await guard.authenticate(request.authRequest());
      return { status: 200, headers: {}, cookies: [], body: {} };
    },
  };
  const server = createServer((req, res) => {
    const request = readNodeRequest(req, { ip: () => "127.0.0.1", body: () => null });
    handlers[req.url ?? ""]?.(request)
      .catch((error) => respond(error, req) ?? { status: 500, headers: {}, cookies: [], body: null })
      .then((response) => sendNodeResponse(res, response));
  });
  return listening(server.listen(0, "127.0.0.1"));
}
