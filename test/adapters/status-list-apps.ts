import "reflect-metadata";
import { createServer, type Server } from "node:http";
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
import {
  createErrorResponder,
  handleStatusList,
  readNodeRequest,
  sendNodeResponse,
} from "../../src/adapters/adapter.ts";
import * as expressAdapter from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import * as koaAdapter from "../../src/adapters/koa.ts";
import { createStatusListController, HallpassModule } from "../../src/adapters/nest.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { StatusList } from "../../src/status-list.ts";
import { profileOf } from "../support/tokens.ts";
import { listen } from "./nest-apps.ts";
import { listening, serveFetch } from "./serve.ts";

const log = (): void => undefined;

/** A server that publishes status lists below `/statuslists`, on every framework. */
export const PUBLISHERS: Readonly<Record<string, (list: StatusList) => Promise<Server>>> = {
  "Express 5": (list) => onExpress(express, list),
  "Express 4": (list) => onExpress(express4, list),
  "Koa 3": (list) => onKoa(Koa, list),
  "Koa 2": (list) => onKoa(Koa2, list),
  async "Fastify 5"(list) {
    const app = fastify();
    app.setErrorHandler(fastifyAdapter.errorHandler({ log }));
    app.all("/statuslists/:list", fastifyAdapter.statusList(list));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
  async Fetch(list) {
    const answer = fetchAdapter.errorHandler({ log })(fetchAdapter.statusList(list));
    return serveFetch(answer);
  },
  async "node:http"(list) {
    const handle = handleStatusList(list);
    const respond = createErrorResponder({ log });
    const server = createServer(async (req, res) => {
      const request = readNodeRequest(req, { ip: () => undefined, body: () => undefined });
      sendNodeResponse(res, (await handle(request).catch((error) => respond(error, req))) as never);
    });
    return listening(server.listen(0, "127.0.0.1"));
  },
  "Nest 11 on Express": (list) => onNest(new ExpressAdapter(), list),
  "Nest 11 on Fastify": (list) => onNest(new FastifyAdapter(), list),
};

async function onExpress(framework: typeof express, list: StatusList): Promise<Server> {
  const app = framework();
  app.all("/statuslists/:list", expressAdapter.statusList(list));
  app.use(expressAdapter.errorHandler({ log }));
  return listening(app.listen(0, "127.0.0.1"));
}

async function onKoa(Framework: typeof Koa, list: StatusList): Promise<Server> {
  const app = new Framework();
  const router = new Router();
  router.all("/statuslists/:list", koaAdapter.statusList(list));
  app.use(koaAdapter.errorHandler({ log }));
  app.use(router.routes());
  return listening(app.listen(0, "127.0.0.1"));
}

async function onNest(platform: ExpressAdapter | FastifyAdapter, list: StatusList): Promise<Server> {
  @Module({
    imports: [HallpassModule.forRoot({ guard: createGuard({ token: profileOf() }), log })],
    controllers: [createStatusListController(list, "statuslists")],
  })
  class AppModule {}
  return listen(await NestFactory.create(AppModule, platform, { logger: false }));
}
