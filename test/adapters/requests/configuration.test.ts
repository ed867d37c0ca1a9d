import type { IncomingMessage } from "node:http";
import "reflect-metadata";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import * as sharedAdapter from "../../../src/adapters/adapter.ts";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../../src/adapters/fetch.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import * as nestAdapter from "../../../src/adapters/nest.ts";
import type { RevokingAuthenticator, SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { scopes } from "../../../src/guard/rules.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { houseOf, passwords, READER } from "../../support/flow.ts";
import { APPS } from "../apps.ts";
import { exchange } from "../exchange.ts";

const token = defineToken({ keys: secretKey("a secret of thirty-two bytes, or more"), issuer: null, audience: null });
const forgetful = createAuthenticator({ token, users: memoryUsers() });
const auth = forgetful as RevokingAuthenticator;
const ADAPTERS = { express: expressAdapter, koa: koaAdapter, fastify: fastifyAdapter, fetch: fetchAdapter };

describe.each(Object.entries(ADAPTERS))("%s", (_name, adapter) => {
  it.each([
    [undefined, "was given nothing"],
    [null, "was given null"],
    [{}, "was given an object"],
    ["guard", 'was given "guard"'],
    [token, "was given a token profile: make a guard of it with createGuard({ token })"],
  ])("refuses %s for a guard when the route is built, and says what to make", (guard, found) => {
    for (const verb of ["requireAuth", "optionalAuth"] as const) {
      expect(() => adapter[verb](guard as unknown as Guard)).toThrow(
        new TypeError(`${verb} takes what createGuard or createAuthenticator makes; it ${found}`),
      );
    }
  });

  it.each([
    [createGuard({ token }), "was given a guard, which has no login: make an authenticator with createAuthenticator"],
    [token, "was given a token profile: make an authenticator of it with createAuthenticator({ token, users })"],
    [undefined, "was given nothing"],
    [{ login: "reader" }, "was given an object"],
  ])("refuses %s for an authenticator when the route is built, and says what to make", (given, found) => {
    for (const verb of ["login", "refresh", "logout", "changePassword"] as const) {
      const build = adapter[verb] as (auth: unknown) => unknown;
      expect(() => build(given)).toThrow(
        new TypeError(`${verb} takes what createAuthenticator makes; it ${found.replace("no login", `no ${verb}`)}`),
      );
    }
  });

  it("says to call the verb where a framework gives it a request, since it is a route's handler itself", () => {
    const asked = new Request("http://localhost/");
    for (const verb of ["requireAuth", "optionalAuth", "login", "refresh", "logout", "changePassword"] as const) {
      const handle = adapter[verb] as (...given: unknown[]) => unknown;
      expect(() => handle(asked, {}, () => {})).toThrow(
        new TypeError(`call ${verb} when the route is built: ${verb}(auth)`),
      );
    }
  });

  it("refuses to log out where nothing could be revoked", () => {
    expect(() => adapter.logout(auth)).toThrow(/logout needs an authenticator with a blocklist or sessions/);
  });

  it("refuses to refresh, or to change a password, without sessions", () => {
    expect(() => adapter.refresh(forgetful as SessionAuthenticator)).toThrow(
      /refresh needs an authenticator with sessions/,
    );
    const changePassword = adapter.changePassword as (auth: unknown) => unknown;
    expect(() => changePassword(forgetful)).toThrow(/changePassword needs an authenticator/);
  });

  it.each([[], [""], ["two scopes"], ['quo"te'], [1], [undefined]])("refuses %s for scopes", (...scopes) => {
    expect(() => adapter.requireScope(...(scopes as string[]))).toThrow(/requireScope takes one or more scopes/);
  });
});

describe("a guard that nobody called", () => {
  const WHY = "call requireAuth when the route is built: requireAuth(auth)";

  it("is told of on Express", async () => {
    const app = express();
    app.get("/me", expressAdapter.requireAuth as never);
    const told = new Promise((tell) => {
      app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
        tell(error.message);
        res.sendStatus(500);
      });
    });
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    expect((await exchange(server, { path: "/me" })).status).toBe(500);
    server.close();
    expect(await told).toBe(WHY);
  });

  it("is told of on Koa", async () => {
    const app = new Koa();
    const told = new Promise((tell) => app.once("error", (error: Error) => tell(error.message)));
    app.use(koaAdapter.requireAuth as never);
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    expect((await exchange(server, { path: "/me" })).status).toBe(500);
    server.close();
    expect(await told).toBe(WHY);
  });

  it("is told of on Fastify", async () => {
    const app = fastify();
    app.get("/me", { preHandler: fastifyAdapter.requireAuth as never }, () => "in");
    const answer = await app.inject("/me");
    expect([answer.statusCode, answer.json().message]).toEqual([500, WHY]);
  });
});

it("asks the developer for the guard in front, which is to be this same one", async () => {
  const { auth: guard } = houseOf();
  const READERS = [
    [expressAdapter.authOf, /authOf\(request, guard\): put requireAuth/],
    [expressAdapter.optionalAuthOf, /optionalAuthOf: put optionalAuth/],
  ] as const;
  const passed = { headers: {} } as IncomingMessage;
  await new Promise((next) => expressAdapter.optionalAuth(guard)(passed, {} as never, next));
  expect(expressAdapter.optionalAuthOf(passed, guard)).toBeNull();
  for (const [read, why] of READERS) {
    expect(() => read({ headers: {} } as IncomingMessage, guard)).toThrow(why);
    expect(() => read(passed, createGuard({ token }))).toThrow(why);
  }
});

describe("a login without a body parser", () => {
  it.each(["Express 5", "Express 4", "Koa 3", "Koa 2"])("is a configuration error on %s, and no hang", async (name) => {
    const server = await APPS[name]!(houseOf().auth as never);
    const body = JSON.stringify({ login: "reader", password: "x" });
    const answer = await exchange(server, {
      method: "POST",
      path: "/unparsed",
      headers: ["Content-Type", "application/json"],
      body,
    });
    server.close();
    expect(answer.status).toBe(500);
  });

  it("tells the Express developer what to do", async () => {
    const error = await new Promise((next) => expressAdapter.login(auth)({ headers: {} } as never, {} as never, next));
    expect(error).toEqual(new TypeError("nothing parsed the body; put express.json() in front of it (Express)"));
  });

  it("tells the Koa developer what to do", async () => {
    const handled = koaAdapter.login(auth)({ request: {}, req: { headers: {} } } as never, async () => {});
    await expect(handled).rejects.toThrow("put bodyParser() of @koa/bodyparser in front of it (Koa)");
  });
});

it("adds its cookie to those of others on Express", async () => {
  const app = express();
  app.use((_req, res, next) => {
    res.cookie("theme", "dark");
    next();
  });
  app.post("/login", express.json(), expressAdapter.login(houseOf({ refresh: { cookie: {} } }).auth));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const headers = ["Content-Type", "application/json"];
  const answer = await exchange(server, { method: "POST", path: "/login", headers, body: JSON.stringify(READER) });
  server.close();
  expect(answer.headers["set-cookie"]?.map((cookie) => cookie.split("=")[0])).toEqual(["theme", "__Host-refresh"]);
});

describe("a login by Fetch", () => {
  const post = (body: string, type = "application/json"): Request =>
    new Request("http://localhost/login", { method: "POST", headers: { "Content-Type": type }, body });

  it("says so when the body was read before", async () => {
    const request = post("{}");
    await request.text();
    await expect(fetchAdapter.login(auth)(request)).rejects.toThrow(/give it the request unread/);
  });

  it("refuses a request without a body", async () => {
    const answer = await fetchAdapter.login(auth)(new Request("http://localhost/login", { method: "POST" }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: "malformed_credentials",
      message: "Send login and password as two non-empty strings",
    });
  });

  it("refuses broken JSON, and knows no address unless it is told", async () => {
    const { auth: withSessions } = houseOf();
    const answer = await fetchAdapter.refresh(withSessions)(post("{"));
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([400, "malformed_body"]);
    expect(() => fetchAdapter.login(auth, { adress: () => "" } as never)).toThrow(/there is no option "adress"/);
  });

  it("hands over no refresh token where there are no sessions", async () => {
    const { users } = houseOf();
    const without = createAuthenticator({ token, users, passwords });
    const answer = await fetchAdapter.login(without)(post(JSON.stringify(READER)));
    expect(await answer.json()).toEqual({ access_token: expect.any(String), token_type: "Bearer", expires_in: 900 });
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  it("compares an older browser's origin with the URL where there is no Host", async () => {
    const { auth: withCookie } = houseOf({ refresh: { cookie: {} } });
    const from = (origin: string) =>
      new Request("http://localhost/login", {
        method: "POST",
        headers: { "Content-Type": "application/json", Origin: origin },
        body: JSON.stringify(READER),
      });
    expect((await fetchAdapter.login(withCookie)(from("http://localhost"))).status).toBe(200);
    expect((await fetchAdapter.login(withCookie)(from("http://evil.example"))).status).toBe(403);
  });

  it("stops reading a body that does not end", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16_384));
      },
    });
    const request = new Request("http://localhost/login", {
      method: "POST",
      body: endless,
      duplex: "half",
    } as RequestInit);
    const answer = await fetchAdapter.login(auth)(request);
    expect(answer.status).toBe(413);
    await new Promise(setImmediate);
    expect(pulled).toBeLessThan(100);
  });

  it("takes a body of exactly 64 KiB, and none that is longer", async () => {
    const padded = (length: number): string => `{"login":"x","password":"x"}`.padEnd(length);
    expect((await fetchAdapter.login(auth)(post(padded(65_536)))).status).toBe(401);
    expect((await fetchAdapter.login(auth)(post(padded(65_537)))).status).toBe(413);
  });
});

describe("an argument too many", () => {
  const { auth: house } = houseOf();
  const guard = createGuard({ token });
  const tooMany = (verb: string, remedy = "requireAuth") =>
    new TypeError(`${verb} was given an argument too many; rules are for ${remedy}`);
  const noRule = (verb: string) =>
    new TypeError(`${verb} takes rules, such as scopes("orders:read") or where((identity) => …)`);
  type Build = (...args: readonly unknown[]) => unknown;

  describe.each(Object.entries(ADAPTERS))("%s", (name, adapter) => {
    it("is refused by requireAuth unless it is a rule, and by optionalAuth, which names requireAuth", () => {
      const [require, optional] = [adapter.requireAuth as Build, adapter.optionalAuth as Build];
      for (const extra of [["orders:write"], [["orders:write"]], [undefined], [{ scopes: [] }], [scopes("a"), "b"]]) {
        expect(() => require(guard, ...extra)).toThrow(noRule("requireAuth"));
        expect(() => optional(guard, ...extra)).toThrow(tooMany("optionalAuth"));
      }
      expect(() => require(guard, scopes("orders:write"), scopes("a"))).not.toThrow();
      expect(() => optional(guard, scopes("orders:write"))).toThrow(tooMany("optionalAuth"));
    });

    it.each(["login", "refresh", "logout", "changePassword"] as const)("is refused by %s", (verb) => {
      const build = adapter[verb] as Build;
      const takesOptions = verb === "login" || (name === "fetch" && verb === "changePassword");
      const given = takesOptions ? [house, {}] : [house];
      expect(() => build(...given)).not.toThrow();
      for (const extra of ["orders:write", undefined, {}]) expect(() => build(...given, extra)).toThrow(tooMany(verb));
    });
  });

  it("is refused by the handlers of hallpass/adapter", () => {
    const { handleLogin, handleRefresh, handleLogout, handleChangePassword, handleSession } = sharedAdapter;
    const handlers = {
      login: handleLogin,
      refresh: handleRefresh,
      logout: handleLogout,
      changePassword: handleChangePassword,
      session: handleSession,
    };
    for (const [verb, handle] of Object.entries(handlers)) {
      const given = verb === "login" ? [house, {}] : verb === "session" ? [house, () => null] : [house];
      expect(() => (handle as Build)(...given, "orders:write")).toThrow(tooMany(verb));
    }
  });

  it("is refused by session, and so is what proves nobody", () => {
    for (const { session } of Object.values(ADAPTERS)) {
      const build = session as Build;
      expect(() => build(house, () => null)).not.toThrow();
      expect(() => build(house, () => null, "orders:write")).toThrow(tooMany("session"));
      expect(() => build(guard, () => null)).toThrow(/a guard, which has no startSession/);
      expect(() => build({ ...house, startSession: undefined }, () => null)).toThrow(/session needs an authenticator/);
      expect(() => build(house, {})).toThrow(/session: prove must be a function/);
      expect(() => build(new Request("http://localhost/"))).toThrow(/call session when the route is built/);
    }
  });

  it("is no text in the place of login's options, and no session that is no function", () => {
    for (const { login } of Object.values(ADAPTERS)) {
      expect(() => (login as Build)(house, "orders:write")).toThrow(/login takes a plain object with options/);
      expect(() => (login as Build)(house, { session: {} })).toThrow(/login: session must be a function/);
    }
  });

  it("is refused on Nest", () => {
    const AuthGuard = nestAdapter.AuthGuard as new (...args: readonly unknown[]) => object;
    expect(() => new AuthGuard(guard, "orders:write")).toThrow(noRule("AuthGuard"));
    const { OptionalAuth, Public } = nestAdapter;
    expect(() => (OptionalAuth as Build)("orders:write")).toThrow(tooMany("@OptionalAuth()", "@Rules()"));
    expect(() => (Public as Build)("orders:write")).toThrow(tooMany("@Public()", "@Rules()"));
    const createAuthController = nestAdapter.createAuthController as Build;
    expect(() => createAuthController(house, "auth", "x")).toThrow(tooMany("createAuthController", "@Rules()"));
  });
});
