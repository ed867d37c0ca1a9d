import { describe, expect, it } from "vitest";
import * as expressAdapter from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import * as koaAdapter from "../../src/adapters/koa.ts";
import { createAuthenticator, type RevokingAuthenticator } from "../../src/authenticator/create.ts";
import { createGuard, type Guard } from "../../src/authenticator/guard.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { APPS } from "./apps.ts";
import { exchange } from "./exchange.ts";

const token = defineToken({ keys: secretKey("a secret of thirty-two bytes, or more"), issuer: null, audience: null });
const forgetful = createAuthenticator({ token, users: memoryUsers() });
const auth = forgetful as RevokingAuthenticator;
const ADAPTERS = { express: expressAdapter, koa: koaAdapter, fastify: fastifyAdapter, fetch: fetchAdapter };

describe.each(Object.entries(ADAPTERS))("%s", (_name, adapter) => {
  it.each([undefined, null, {}, "guard", token])("refuses %s for a guard when the route is built", (guard) => {
    expect(() => adapter.requireAuth(guard as unknown as Guard)).toThrow(
      /the guard must be an object with the methods/,
    );
    expect(() => adapter.optionalAuth(guard as unknown as Guard)).toThrow(
      /the guard must be an object with the methods/,
    );
  });

  it("refuses a guard for an authenticator", () => {
    const guard = createGuard({ token }) as RevokingAuthenticator;
    expect(() => adapter.login(guard)).toThrow(/the authenticator must be an object with the methods login/);
  });

  it.each([auth, null, undefined])("refuses to log out where nothing could be revoked", (without) => {
    expect(() => adapter.logout(without as RevokingAuthenticator)).toThrow(/needs an authenticator with a blocklist/);
  });

  it.each([[], [""], ["two scopes"], ['quo"te'], [1], [undefined]])("refuses %s for scopes", (...scopes) => {
    expect(() => adapter.requireScope(...(scopes as string[]))).toThrow(/requireScope takes one or more scopes/);
  });
});

describe("a login without a body parser", () => {
  it.each(["Express 5", "Express 4", "Koa 3", "Koa 2"])("is a configuration error on %s, and no hang", async (name) => {
    const server = await APPS[name]!({ ...auth, logout: async () => {} });
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
    const error = await new Promise((next) => expressAdapter.login(auth)({} as never, {} as never, next));
    expect(error).toEqual(new TypeError("login: nothing parsed the body; put express.json() in front of it (Express)"));
  });

  it("tells the Koa developer what to do", async () => {
    const handled = koaAdapter.login(auth)({ request: {} } as never, async () => {});
    await expect(handled).rejects.toThrow("put bodyParser() of @koa/bodyparser in front of it (Koa)");
  });
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
    expect(answer.status).toBe(400);
    expect(pulled).toBeLessThan(10);
  });

  it("takes a body of exactly 64 KiB, and none that is longer", async () => {
    const padded = (length: number): string => `{"login":"x","password":"x"}`.padEnd(length);
    expect((await fetchAdapter.login(auth)(post(padded(65_536)))).status).toBe(401);
    expect((await fetchAdapter.login(auth)(post(padded(65_537)))).status).toBe(400);
  });
});
