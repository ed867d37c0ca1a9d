import { createServer, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { Controller, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import { describe, expect, it } from "vitest";
import { createErrorResponder } from "../../../src/adapters/adapter.ts";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onFetch from "../../../src/adapters/fetch.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import { createAuthController, HallpassModule, Public } from "../../../src/adapters/nest.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { listen } from "../nest-apps.ts";

const { auth } = houseOf();
const SECRET = "a password that nobody may see";

function expressApp(framework: typeof express): RequestListener {
  const app = framework().use(express.json());
  app.post("/login", onExpress.login(auth)).post("/own", (_req, res) => void res.json({}));
  return app.use(onExpress.errorHandler());
}

function koaApp(Framework: typeof Koa): RequestListener {
  const router = new Router();
  router.post("/login", onKoa.login(auth)).post("/own", (ctx) => {
    ctx.body = {};
  });
  const app = new Framework().use(onKoa.errorHandler()).use(bodyParser());
  return app.use(router.routes() as never).callback();
}

async function fastifyApp(): Promise<Server> {
  const app = fastify();
  app.setErrorHandler(onFastify.errorHandler());
  app.post("/login", onFastify.login(auth));
  app.post("/own", async () => ({}));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

const serve = async (app: RequestListener): Promise<Server> => {
  const server = createServer(app).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
};

async function nestApp(platform: ExpressAdapter | FastifyAdapter): Promise<Server> {
  @Public()
  @Controller()
  class OwnController {
    @Post("own")
    own() {
      return {};
    }
  }
  @Module({
    imports: [HallpassModule.forRoot({ guard: auth })],
    controllers: [createAuthController(auth), OwnController],
  })
  class AppModule {}
  return listen(await NestFactory.create(AppModule, platform, { logger: false }));
}

const FRAMEWORKS: Readonly<Record<string, () => Promise<Server>>> = {
  "Express 5": () => serve(expressApp(express)),
  "Express 4": () => serve(expressApp(express4)),
  "Koa 3": () => serve(koaApp(Koa)),
  "Koa 2": () => serve(koaApp(Koa2)),
  "Fastify 5": fastifyApp,
  "Nest 11 on Express": () => nestApp(new ExpressAdapter()),
  "Nest 11 on Fastify": () => nestApp(new FastifyAdapter()),
};

async function post(
  server: Server,
  path: string,
  body: string,
): Promise<{ status?: number; text: string; type?: string }> {
  const { port } = server.address() as AddressInfo;
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method: "POST", headers }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text, type: response.headers["content-type"] ?? "" });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const BROKEN = `{"login":"reader","password":"${SECRET}"`;
const ROWS: readonly (readonly [what: string, body: string, status: number, error: string])[] = [
  ["broken JSON", BROKEN, 400, "malformed_body"],
  ["text", SECRET, 400, "malformed_body"],
  ["JSON that is too long", JSON.stringify({ ...READER, more: "x".repeat(1_100_000) }), 413, "body_too_large"],
];

describe.each(Object.entries(FRAMEWORKS))("%s", (_name, start) => {
  it.each(ROWS)("answers %s as all else is answered, on every route", async (_what, body, status, error) => {
    const server = await start();
    for (const path of ["/login", "/own"]) {
      const answer = await post(server, path, body);
      expect(answer).toMatchObject({ status, type: "application/json; charset=utf-8" });
      expect(JSON.parse(answer.text)).toEqual({ error, message: expect.any(String) });
      expect(answer.text).not.toContain("password that");
    }
    server.close();
  });
});

describe("Fetch", () => {
  it.each(ROWS)("answers %s alike", async (_what, body, status, error) => {
    const init = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    const answer = await onFetch.login(auth)(new Request("http://localhost/login", init));
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([status, error]);
  });
});

describe("an error is a parser's by what it says of itself", () => {
  const respond = createErrorResponder({ log: () => undefined });
  const syntaxError = (more: object) => Object.assign(new SyntaxError("Unexpected token"), more);

  it.each<readonly [unknown, string]>([
    [{ type: "charset.unsupported", status: 415 }, "unsupported_media_type"],
    [{ type: "encoding.unsupported", status: 415 }, "unsupported_media_type"],
    [{ type: "request.aborted", status: 400 }, "malformed_body"],
    [{ code: "FST_ERR_CTP_INVALID_CONTENT_LENGTH", statusCode: 400 }, "malformed_body"],
    [syntaxError({ statusCode: 400 }), "malformed_body"],
    [syntaxError({ status: 400, body: "{" }), "malformed_body"],
  ])("%o", (error, code) => {
    expect(respond(error, {})?.body).toMatchObject({ error: code });
  });

  it.each<readonly [unknown]>([
    [undefined],
    [null],
    ["entity.too.large"],
    [new SyntaxError("a mistake in the application")],
    [syntaxError({ status: 500 })],
    [{ type: "entity.verify.failed", status: 403 }],
    [{ code: "FST_ERR_VALIDATION", statusCode: 400 }],
    [{ type: "toString" }],
    [{ status: 400, expose: true, message: "the application's own" }],
  ])("and %o is the application's to answer", (error) => {
    expect(respond(error, {})).toBeNull();
  });

  it("and one that can't be read is the application's to answer", () => {
    const unreadable = {
      get type() {
        throw new Error("unreadable");
      },
    };
    expect(respond(unreadable, {})).toBeNull();
  });
});
