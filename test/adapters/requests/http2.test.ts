import type { RequestListener } from "node:http";
import { connect, createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import { describe, expect, it } from "vitest";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import { houseOf, READER } from "../../support/flow.ts";

const { auth } = houseOf({ refresh: { cookie: {} } });

/** Servers over HTTP/2 in the clear, where `/me` is behind a guard, and `/refresh` and `/logout` are what their names say. */
const SERVERS: Readonly<Record<string, () => Promise<Http2Server>>> = {
  // Express itself can't, but its middleware run on whatever hands them Node's requests.
  "middleware of Express on node:http2": async () => {
    const routes: Readonly<Record<string, onExpress.ExpressMiddleware>> = {
      "/me": onExpress.requireAuth(auth),
      "/refresh": onExpress.refresh(auth),
      "/logout": onExpress.logout(auth),
    };
    const refuse = onExpress.errorHandler();
    return listening((req, res) =>
      routes[req.url ?? ""]?.(req, res, (error) => {
        if (error === undefined) res.end(onExpress.authOf(req, auth).userId);
        else refuse(error, req, res, () => res.destroy());
      }),
    );
  },
  "Koa 3": () => listening(koaApp(Koa).callback()),
  "Koa 2": () => listening(koaApp(Koa2).callback()),
  "Fastify 5": async () => {
    const app = fastify({ http2: true });
    app.get(
      "/me",
      { onRequest: onFastify.requireAuth(auth) } as object,
      async (request) => onFastify.authOf(request as never, auth).userId,
    );
    app.post("/refresh", onFastify.refresh(auth) as never);
    app.post("/logout", onFastify.logout(auth) as never);
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
};

function koaApp(Framework: typeof Koa): Koa {
  const app = new Framework();
  app.use(onKoa.errorHandler());
  app.use(async (ctx) => {
    if (ctx.path === "/refresh") return onKoa.refresh(auth)(ctx, async () => {});
    if (ctx.path === "/logout") return onKoa.logout(auth)(ctx, async () => {});
    return onKoa.requireAuth(auth)(ctx as never, async () => {
      ctx.body = onKoa.authOf(ctx, auth).userId;
    });
  });
  return app;
}

function listening(listener: RequestListener): Promise<Http2Server> {
  const server = createServer(listener as never);
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

interface Answer {
  readonly status: number;
  readonly cookie: string;
  readonly body: string;
}

function exchange(server: Http2Server, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const session = connect(`http://127.0.0.1:${port}`);
  return new Promise((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request(headers);
    let [body, status, cookie] = ["", 0, ""];
    stream.on("response", (answered) => {
      status = Number(answered[":status"]);
      cookie = String(answered["set-cookie"] ?? "").split(";")[0] ?? "";
    });
    stream.on("data", (chunk) => (body += chunk));
    stream.on("error", reject);
    stream.on("end", () => session.close(() => resolve({ status, cookie, body })));
    stream.end();
  });
}

describe.each(Object.entries(SERVERS))("%s", (_name, start) => {
  it("knows its own origin by the authority, and a token by its header", async () => {
    const server = await start();
    const { accessToken, refreshToken } = await auth.login(READER);
    const of = (path: string, more: Readonly<Record<string, string>>) =>
      exchange(server, { ":method": path === "/me" ? "GET" : "POST", ":path": path, ...more });
    const api = { ":authority": "api.example.com" };

    expect(await of("/me", { authorization: `Bearer ${accessToken}` })).toMatchObject({ status: 200, body: "user-1" });
    expect(await of("/me", {})).toMatchObject({ status: 401 });

    const cookie = `__Host-refresh=${refreshToken}`;
    const evil = await of("/refresh", { ...api, cookie, origin: "https://evil.example" });
    expect(evil.status).toBe(403);
    const plain = await of("/refresh", { ...api, cookie, origin: "http://api.example.com" });
    expect(plain.status).toBe(403);
    const misled = await of("/refresh", { ...api, host: "evil.example", cookie, origin: "https://evil.example" });
    expect(misled.status).toBe(403);
    const own = await of("/refresh", { ...api, cookie, origin: "https://api.example.com" });
    expect([own.status, own.cookie]).toEqual([200, expect.stringMatching(/^__Host-refresh=[\w-]{43}$/)]);
    const out = await of("/logout", { ...api, cookie: own.cookie, origin: "https://api.example.com" });
    expect([out.status, out.cookie]).toEqual([204, "__Host-refresh="]);
    await new Promise((resolve) => server.close(resolve));
  });
});
