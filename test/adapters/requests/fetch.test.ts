import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, expectTypeOf, it, vi } from "vitest";
import {
  authOf,
  changePassword,
  errorHandler,
  type FetchHandler,
  login,
  logout,
  optionalAuth,
  optionalAuthOf,
  refresh,
  requireAuth,
  requireScope,
} from "../../../src/adapters/fetch.ts";
import { isAuthError } from "../../../src/core/errors.ts";
import { houseOf, READER } from "../../support/flow.ts";

const { auth } = houseOf();
const { accessToken } = await auth.login(READER);
const ok = (): Response => new Response();

const HANDLERS: Readonly<Record<string, (request: Request) => unknown>> = {
  requireAuth: requireAuth(auth)(ok),
  optionalAuth: optionalAuth(auth)(ok),
  requireScope: (request) => requireScope("read")(ok)(request, null),
  login: login(auth),
  refresh: refresh(auth),
  changePassword: changePassword(auth),
  logout: logout(auth),
  errorHandler: errorHandler()(ok),
  authOf: async (request) => authOf(request, auth),
  optionalAuthOf: async (request) => optionalAuthOf(request, auth),
};

const request = new Request("http://localhost/", { headers: { authorization: `Bearer ${accessToken}` } });

/** What routers pass that is no Request, by the names of their members. */
const NO_REQUESTS: Readonly<Record<string, unknown>> = {
  "Hono's Context": {
    req: { raw: request, url: request.url, method: "GET", header: () => {} },
    env: {},
    get: () => {},
  },
  "Hono's own request": { raw: request, url: request.url, method: "GET", header: () => {} },
  "Node's request": Object.assign(new IncomingMessage(new Socket()), { url: "/", method: "GET" }),
  "an event of h3 1": { node: {}, method: "GET", path: "/", headers: new Headers() },
  "an event of h3 2": { req: request, url: new URL(request.url), headers: request.headers },
  "an event of SvelteKit": { request, url: new URL(request.url), cookies: {} },
  "an event of API Gateway": { headers: {}, rawPath: "/", requestContext: {} },
  "a URL": new URL(request.url),
  "a string": request.url,
  nothing: undefined,
  null: null,
};

describe.each(Object.entries(HANDLERS))("%s", (_name, handler) => {
  it.each(Object.entries(NO_REQUESTS))("is told that %s is no Request, and where one is", async (_what, given) => {
    const told = Promise.resolve(handler(given as Request));
    await expect(told).rejects.toThrow(TypeError);
    await expect(Promise.resolve(handler(given as Request))).rejects.toThrow(/c\.req\.raw in Hono/);
  });
});

it("takes what can do all that a Request can, whoever made it", async () => {
  const { headers, url, method, body } = request;
  const foreign = { headers: { get: (name: string) => headers.get(name) }, url, method, body };
  expect((await requireAuth(auth)(ok)(foreign as Request)).status).toBe(200);
});

describe("the address that a throttle counts by", () => {
  const throttleOf = () => {
    const limiter = (keyPrefix: string, points: number) => new RateLimiterMemory({ keyPrefix, points, duration: 60 });
    return { account: limiter("account", 100), address: limiter("address", 1) };
  };
  const throttled = () => houseOf({ more: { throttle: throttleOf() } }).auth;
  const attempt = (): Request =>
    new Request("http://localhost/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...READER, newPassword: "another one", password: "wrong" }),
    });

  it.each([
    ["login", login],
    ["changePassword", changePassword],
  ] as const)("is asked for when %s is built", (name, build) => {
    const building = build as (auth: unknown, options?: object) => unknown;
    expect(() => building(throttled())).toThrow(TypeError);
    expect(() => building(throttled(), {})).toThrow(new RegExp(`^${name}: the throttle counts by address`));
    for (const runtime of ["Bun", "Deno", "Hono", "Cloudflare"]) expect(() => building(throttled())).toThrow(runtime);
    expect(() => building(throttled(), { address: "127.0.0.1" })).toThrow(`${name}: address must be a function: `);
    expect(() => building(throttled(), { adress: () => "" })).toThrow(/there is no option "adress"/);
    expect(building(throttled(), { address: () => "192.0.2.1" })).toBeTypeOf("function");
    expect(building(auth)).toBeTypeOf("function");
  });

  it("is read from whatever the router passes", async () => {
    const address = (_request: Request, info: { readonly remoteAddr: string }) => info.remoteAddr;
    const handler = login(throttled(), { address });
    expectTypeOf(handler).toEqualTypeOf<FetchHandler<[info: { readonly remoteAddr: string }]>>();
    const from = async (remoteAddr: string) => (await handler(attempt(), { remoteAddr })).status;
    expect([await from("192.0.2.1"), await from("192.0.2.1"), await from("192.0.2.2")]).toEqual([401, 429, 401]);
  });

  it.each<readonly [string, () => unknown]>([
    ["undefined", () => undefined],
    ["null", () => null],
    ["an empty string", () => ""],
    ["a promise", async () => "192.0.2.1"],
    [
      "an error",
      () => {
        throw new Error("no connection");
      },
    ],
  ])("is an outage where it is %s: nobody is counted together with everybody", async (_what, address) => {
    for (const verb of ["login", "changePassword"] as const) {
      const [log, onOutage] = [vi.fn(), vi.fn()];
      const { auth: counting } = houseOf({ more: { throttle: throttleOf(), onOutage } });
      const handler = { login, changePassword }[verb](counting, { address: address as () => string });
      expect((await errorHandler({ log })(handler)(attempt())).status).toBe(503);
      const error: unknown = log.mock.calls[0]?.[0];
      expect(isAuthError(error) && error.code).toBe("unavailable");
      expect((error as Error).cause).toEqual(
        expect.objectContaining({ message: expect.stringMatching(/address told no address|no connection/) }),
      );
      expect(onOutage).toHaveBeenCalledExactlyOnceWith(error, { operation: verb, refused: true });
    }
  });

  it("is asked for once a request", async () => {
    const address = vi.fn(() => "192.0.2.1");
    const throttle = { ...throttleOf(), address: new RateLimiterMemory({ points: 10, duration: 60 }) };
    const { auth: counting } = houseOf({ more: { throttle } });
    const sent = new Request("http://localhost/password", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...READER, newPassword: "another one" }),
    });
    expect((await changePassword(counting, { address })(sent)).status).toBe(200);
    expect(address).toHaveBeenCalledTimes(1);
  });

  it("may be missing where there is no throttle", async () => {
    expect((await login(auth, { address: () => undefined })(attempt())).status).toBe(401);
    expect(auth.throttled).toBe(false);
    expect(throttled().throttled).toBe(true);
  });
});
