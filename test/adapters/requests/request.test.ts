import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from "node:http";
import { createServer, type Server } from "node:http";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa from "koa";
import Koa2 from "koa2";
import { describe, expect, it } from "vitest";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { readAuthorization } from "../../../src/guard/request.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { exchange } from "../exchange.ts";

const { auth } = houseOf({ refresh: { cookie: {} } });
const { accessToken } = await auth.login(READER);
const GOOD = `Bearer ${accessToken}`;

/** What a handler in front does to a request's headers. */
type Edit = (headers: IncomingHttpHeaders) => void;

const set =
  (name: string, value: unknown): Edit =>
  (headers) =>
    void Object.assign(headers, { [name]: value });
const remove =
  (name: string): Edit =>
  (headers) =>
    void delete headers[name];

/** A framework's server with a handler in front of `/me` and `/refresh`. */
type Make = (edit: Edit, options?: { readonly joinDuplicateHeaders?: boolean }) => Promise<Server>;

const FRAMEWORKS: Readonly<Record<string, Make>> = {
  "Express 5": async (edit, options) => serve(expressApp(express, edit), options),
  "Express 4": async (edit, options) => serve(expressApp(express4, edit), options),
  "Koa 3": async (edit, options) => serve(koaApp(Koa, edit), options),
  "Koa 2": async (edit, options) => serve(koaApp(Koa2, edit), options),
  "Fastify 5": (edit, options) => fastifyApp(({ raw }) => edit(raw.headers), options),
  "Fastify 5, by headers of its own": (edit, options) =>
    fastifyApp((request) => {
      // What is given to Fastify's own `headers` goes over those of Node's request, which stay as they are.
      const kept = { ...request.raw.headers };
      edit(kept);
      const none = Object.fromEntries(Object.keys(request.raw.headers).map((name) => [name, undefined]));
      request.headers = { ...none, ...kept };
    }, options),
};

function expressApp(framework: typeof express, edit: Edit): RequestListener {
  const app = framework().use((req, _res, next) => {
    edit(req.headers);
    next();
  });
  app.get("/me", onExpress.requireAuth(auth), (req, res) => void res.send(onExpress.authOf(req, auth).userId));
  return app.post("/refresh", onExpress.refresh(auth)).use(onExpress.errorHandler());
}

function koaApp(Framework: typeof Koa, edit: Edit): RequestListener {
  const app = new Framework().use((ctx, next) => {
    edit(ctx.headers);
    return next();
  });
  app.use(onKoa.errorHandler());
  const [known, refreshed] = [onKoa.requireAuth(auth), onKoa.refresh(auth)];
  app.use((ctx) =>
    ctx.path === "/me"
      ? known(ctx as never, async () => {
          ctx.body = onKoa.authOf(ctx, auth).userId;
        })
      : refreshed(ctx, async () => {}),
  );
  return app.callback();
}

async function fastifyApp(
  edit: (request: import("fastify").FastifyRequest) => void,
  { joinDuplicateHeaders = false }: { readonly joinDuplicateHeaders?: boolean } = {},
): Promise<Server> {
  const serverFactory = (listener: RequestListener) => createServer({ joinDuplicateHeaders }, listener);
  const app = fastify({ serverFactory: serverFactory as never });
  app.addHook("onRequest", async (request) => edit(request));
  app.get("/me", { onRequest: onFastify.requireAuth(auth) }, async (request) => onFastify.authOf(request, auth).userId);
  app.post("/refresh", onFastify.refresh(auth));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

function serve(listener: RequestListener, options = {}): Promise<Server> {
  const server = createServer(options, listener);
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const AUTHORIZATION = ["Authorization", GOOD];
const BAD = ["Authorization", "Bearer x.y.z"];
const BASIC = ["Authorization", "Basic dXNlcjpwYXNz"];

/** What the client sent, what a handler in front did, and what is answered. */
const TABLE: Readonly<Record<string, readonly [sent: readonly string[], edit: Edit, status: number]>> = {
  "one, left alone": [AUTHORIZATION, () => {}, 200],
  "one, deleted": [AUTHORIZATION, remove("authorization"), 401],
  "one, set to undefined": [AUTHORIZATION, set("authorization", undefined), 401],
  "a bad one, rewritten": [BAD, set("authorization", GOOD), 200],
  "a good one, rewritten": [AUTHORIZATION, set("authorization", "Bearer x.y.z"), 401],
  "none, set from elsewhere": [[], set("authorization", GOOD), 200],
  "none, several set": [[], set("authorization", [GOOD, GOOD]), 400],
  "two, left alone": [[...AUTHORIZATION, ...BAD], () => {}, 400],
  "two, the first of another scheme": [[...BASIC, ...AUTHORIZATION], () => {}, 400],
  "two, deleted": [[...AUTHORIZATION, ...BAD], remove("authorization"), 401],
  "two, rewritten": [[...BASIC, ...BAD], set("authorization", GOOD), 200],
};

describe.each(Object.entries(FRAMEWORKS))("%s", (_name, make) => {
  const answer = async (...[sent, edit, options]: [readonly string[], Edit, object?]): Promise<number> => {
    const server = await make(edit, options);
    const { status, body } = await exchange(server, { path: "/me", headers: sent });
    server.close();
    if (status === 200) expect(body).toBe("user-1");
    return status;
  };

  it.each(Object.entries(TABLE))("%s", async (_what, [sent, edit, status]) => {
    expect(await answer(sent, edit)).toBe(status);
  });

  it("knows several in one line, as Node writes them on request", async () => {
    const join = { joinDuplicateHeaders: true };
    expect(await answer([...BASIC, ...AUTHORIZATION], () => {}, join)).toBe(400);
    expect(await answer([...AUTHORIZATION, ...BASIC], () => {}, join)).toBe(400);
    expect(await answer(AUTHORIZATION, () => {}, join)).toBe(200);
  });

  it("takes cookies and origins too as they were left", async () => {
    const ask = async (edit: Edit, headers: readonly string[]): Promise<number> => {
      const server = await make(edit);
      const { status } = await exchange(server, { method: "POST", path: "/refresh", headers });
      server.close();
      return status;
    };
    const cookie = `__Host-refresh=${(await auth.login(READER)).refreshToken}`;
    expect(await ask(remove("cookie"), ["Cookie", cookie])).toBe(401);
    expect(await ask(set("cookie", cookie), [])).toBe(200);
    const elsewhere = ["Cookie", cookie, "Origin", "https://evil.example"];
    expect(await ask(() => {}, elsewhere)).toBe(403);
    expect(await ask(remove("origin"), elsewhere)).toBe(200);
  });
});

describe("a request without raw headers", () => {
  it("is read by what it has, on Express and Koa", async () => {
    const req = { headers: { authorization: GOOD } } as IncomingMessage;
    expect(await new Promise((next) => onExpress.requireAuth(auth)(req, {} as never, next))).toBeUndefined();
    expect(onExpress.authOf(req, auth).userId).toBe("user-1");
    const ctx = { req: { headers: { authorization: GOOD } }, state: {} };
    await onKoa.requireAuth(auth)(ctx as never, async () => {});
    expect(onKoa.authOf(ctx, auth).userId).toBe("user-1");
  });

  it("is read where Fastify makes one up", async () => {
    const app = fastify();
    app.get(
      "/me",
      { onRequest: onFastify.requireAuth(auth) },
      async (request) => onFastify.authOf(request, auth).userId,
    );
    const { body } = await app.inject({ path: "/me", headers: { authorization: GOOD } });
    expect(body).toBe("user-1");
    expect((await app.inject({ path: "/me" })).statusCode).toBe(401);
  });

  it("may have them in another order, or none of the name", () => {
    const headers = { authorization: GOOD };
    expect(readAuthorization({ headers, rawHeaders: [] })).toBe(GOOD);
    expect(readAuthorization({ headers, rawHeaders: ["authorizatiom", "x", "Host", "y"] })).toBe(GOOD);
    expect(readAuthorization({ headers: {}, rawHeaders: ["Authorization", GOOD] })).toBeUndefined();
  });
});

it("an Authorization header is read as it is, where a guard is given that and no request", () => {
  const given: Parameters<Guard["authenticate"]>[0][] = [GOOD, [GOOD, "Bearer other"], undefined, null];
  for (const header of given) expect(readAuthorization(header)).toBe(header);
  expect(() => readAuthorization({ authorization: GOOD } as never)).toThrow(
    "takes a request, { method, url, headers }",
  );
});
