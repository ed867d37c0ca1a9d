import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bodyParser } from "@koa/bodyparser";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import type { Authenticator } from "../../../src/authenticator/authenticator.ts";
import type { Limiter, ThrottleOptions } from "../../../src/login/throttle-options.ts";
import { codeOf, houseOf, READER } from "../../support/flow.ts";
import { APPS } from "../apps.ts";
import { NEST_APPS } from "../nest-apps.ts";

const limiter = () => new RateLimiterMemory({ points: 3, duration: 900 });

function throttled(change: Partial<ThrottleOptions> = {}) {
  const onOutage = vi.fn();
  const throttle = { account: limiter(), address: limiter(), ...change };
  return { ...houseOf({ more: { throttle, onOutage } }), onOutage };
}

const NO_ADDRESSES: readonly unknown[] = ["", "unknown", "192.0.2.1, 198.51.100.1", "localhost", "x".repeat(500), null];

describe.each(NO_ADDRESSES)("an ip of %j", (given) => {
  const ip = given as string;

  it.each(["login", "changePassword"] as const)("has %s refused as unavailable, and is told", async (operation) => {
    const { auth, onOutage } = throttled();
    const input = { ...READER, newPassword: "another horse" };
    const error = await auth[operation](input, { ip }).catch((it) => it);
    expect(error).toMatchObject({ code: "unavailable", status: 503 });
    const found = typeof ip === "string" ? JSON.stringify(ip.slice(0, 128)).slice(0, -1) : "null";
    expect(error.cause.message).toContain(`the throttle counts by address, and ip is ${found}`);
    expect(error.cause.message).toMatch(/trust proxy.*trustProxy.*maxIpsCount/);
    expect(error.message).not.toContain("address");
    expect(onOutage.mock.calls).toEqual([[error, { operation, refused: true }]]);
  });

  it("is not counted, and leaves clients with an address alone", async () => {
    const calls: string[] = [];
    const address: Limiter = { consume: async (key) => calls.push(key), reward: async () => true };
    const { auth } = throttled({ address });
    for (let time = 0; time < 5; time += 1) await codeOf(auth.login(READER, { ip }));
    expect(calls).toEqual([]);
    expect(await codeOf(auth.login(READER, { ip: "192.0.2.1" }))).toBe("ok");
  });

  it("is refused where a limiter that is down would be let pass, too", async () => {
    expect(await codeOf(throttled({ onOutage: "allow" }).auth.login(READER, { ip }))).toBe("unavailable");
  });

  it("is nothing to refuse without a throttle", async () => {
    expect(await codeOf(houseOf().auth.login(READER, { ip }))).toBe("ok");
  });
});

it("a caller that says nothing of the address has its attempts counted together", async () => {
  const { auth } = throttled();
  const codes = [];
  for (let time = 0; time < 4; time += 1) codes.push(await codeOf(auth.login({ ...READER, login: `${time}` })));
  expect(codes).toEqual([...Array(3).fill("invalid_credentials"), "too_many_attempts"]);
});

const FRAMEWORKS: Readonly<Record<string, (auth: Authenticator, path: string) => Promise<Server>>> = {
  async Express(auth, path) {
    const app = express().set("env", "test");
    return listen(createServer(app.post("/login", express.json(), expressAdapter.login(auth))), path);
  },
  async Koa(auth, path) {
    const app = new Koa();
    app.silent = true;
    app.use(bodyParser()).use(koaAdapter.login(auth) as never);
    return listen(createServer(app.callback()), path);
  },
  async Fastify(auth, path) {
    const app = fastify();
    app.post("/login", fastifyAdapter.login(auth));
    await app.listen({ path });
    return app.server;
  },
};

function listen(server: Server, path: string): Promise<Server> {
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}

function statusOf(socketPath: string): Promise<number | undefined> {
  const headers = { "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: "/login", method: "POST", headers, agent: false }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    sent.on("error", reject).end(JSON.stringify(READER));
  });
}

it.each(Object.entries(FRAMEWORKS))("%s on a Unix socket, whose clients have no address", async (_name, serve) => {
  const folder = mkdtempSync(join(tmpdir(), "hallpass-"));
  const { auth, onOutage } = throttled();
  const server = await serve(auth as never, join(folder, "socket"));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  expect(await statusOf(join(folder, "socket"))).toBe(503);
  expect(onOutage).toHaveBeenCalledTimes(1);
  expect(onOutage.mock.calls[0]?.[0].cause.message).toContain('ip is ""');
});

/** With Fetch, the application itself tells the address. */
const { Fetch: _, ...ON_SOCKETS } = { ...APPS, ...NEST_APPS };

it.each(Object.entries(ON_SOCKETS))("%s tells of no outage where the client has gone", async (_name, serve) => {
  const { auth, onOutage } = throttled();
  const server = await serve(auth);
  onTestFinished(() => void server.close());
  let requests = 0;
  server.on("request", () => {
    requests += 1;
  });
  const { port } = server.address() as AddressInfo;
  const body = JSON.stringify({ ...READER, password: "x" });
  for (let time = 0; time < 20; time += 1) {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const head = [
      "POST /login HTTP/1.1",
      "Host: x",
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.resetAndDestroy());
    await once(socket, "close");
  }
  await vi.waitFor(() => expect(requests).toBeGreaterThan(10));
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`http://127.0.0.1:${port}/login`, { method: "POST", headers, body });
  expect([401, 429]).toContain(answer.status);
  expect(onOutage).not.toHaveBeenCalled();
});
