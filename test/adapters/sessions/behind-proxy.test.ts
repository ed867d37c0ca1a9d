import type { Server } from "node:http";
import { bodyParser } from "@koa/bodyparser";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { expect, it } from "vitest";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import type { LoginOptions } from "../../../src/adapters/flow.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { json } from "../client.ts";
import { exchange } from "../exchange.ts";
import { listening } from "../serve.ts";

const OPTIONS: LoginOptions = { session: (_body, request) => ({ device: { address: request.ip() } }) };

/** A login on each framework, which trusts the proxy in front of it. */
const APPS: Readonly<Record<string, (auth: SessionAuthenticator) => Promise<Server>>> = {
  Express(auth) {
    const app = express().set("trust proxy", 1);
    app.post("/login", express.json(), expressAdapter.login(auth, OPTIONS));
    return listening(app.listen(0, "127.0.0.1"));
  },
  Koa(auth) {
    const app = new Koa({ proxy: true, maxIpsCount: 1 });
    app.use(bodyParser()).use(koaAdapter.login(auth, OPTIONS) as never);
    return listening(app.listen(0, "127.0.0.1"));
  },
  async Fastify(auth) {
    const app = fastify({ trustProxy: "127.0.0.1" });
    app.post("/login", fastifyAdapter.login(auth, OPTIONS));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
};

it.each(Object.entries(APPS))("%s tells the client's address as its trusted proxy does", async (_name, open) => {
  const { auth } = houseOf();
  const server = await open(auth);
  const headers = ["Content-Type", "application/json", "X-Forwarded-For", "203.0.113.9, 198.51.100.7"];
  const login = await exchange(server, { method: "POST", path: "/login", headers, body: JSON.stringify(READER) });
  server.close();
  expect(json(login)).toHaveProperty("access_token");
  expect((await auth.sessions("user-1"))[0]?.device.address).toBe("198.51.100.7");
});
