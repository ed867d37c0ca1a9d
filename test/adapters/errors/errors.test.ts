import fastify from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onFetch from "../../../src/adapters/fetch.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import { AuthError, type AuthErrorCode } from "../../../src/core/errors.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { APPS, type Errors } from "../apps.ts";
import { exchange, type Sent } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";
import { openStage, type Stage } from "../stage.ts";

const SECRET = "password authentication failed for user postgres at 10.0.0.7";
const boom = new Error(SECRET);

const JSON_TYPE = ["Content-Type", "application/json"];
const post = (path: string, body: object | null, headers: readonly string[] = []): Sent => ({
  method: "POST",
  path,
  headers: [...(body === null ? [] : JSON_TYPE), ...headers],
  ...(body !== null && { body: JSON.stringify(body) }),
});

/** A good house; one whose blocklist is down; one whose users are. */
const houses = {
  good: houseOf({ refresh: { cookie: {} } }).auth,
  down: houseOf({ blocklist: { isRevoked: () => Promise.reject(boom) } }).auth,
  unmanned: houseOf({ users: { findCredentials: () => Promise.reject(boom) } }).auth,
};
const { accessToken } = await houseOf().auth.login(READER);
const bearer = ["Authorization", `Bearer ${accessToken}`];

interface Row {
  readonly house: keyof typeof houses;
  readonly sent: Sent;
  readonly error: AuthErrorCode;
  readonly headers: Readonly<Record<string, unknown>>;
}

const CHALLENGE = 'Bearer realm="api"';
const DEAD = "__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict";
const TABLE: Readonly<Record<string, Row>> = {
  "no token": {
    house: "good",
    sent: { path: "/me" },
    error: "missing_token",
    headers: { "www-authenticate": CHALLENGE },
  },
  "a bad token": {
    house: "good",
    sent: { path: "/me", headers: ["Authorization", "Bearer x.y.z"] },
    error: "invalid_token",
    headers: { "www-authenticate": expect.stringContaining('error="invalid_token"') },
  },
  "a missing scope": {
    house: "good",
    sent: { path: "/write", headers: bearer },
    error: "insufficient_scope",
    headers: { "www-authenticate": expect.stringContaining('scope="read write"') },
  },
  "a wrong login": {
    house: "good",
    sent: post("/login", { ...READER, password: "wrong" }),
    error: "invalid_credentials",
    headers: { "www-authenticate": CHALLENGE },
  },
  "half a login": { house: "good", sent: post("/login", { login: "x" }), error: "malformed_credentials", headers: {} },
  "a form for a login": {
    house: "good",
    sent: {
      ...post("/login", null, ["Content-Type", "application/x-www-form-urlencoded"]),
      body: "login=reader&password=x",
    },
    error: "unsupported_media_type",
    headers: {},
  },
  "a dead cookie": {
    house: "good",
    sent: post("/refresh", null, ["Cookie", "__Host-refresh=dead"]),
    error: "invalid_refresh_token",
    headers: { "www-authenticate": CHALLENGE, "set-cookie": expect.arrayContaining([DEAD]) },
  },
  "a page of another site": {
    house: "good",
    sent: post("/refresh", null, ["Origin", "https://evil.example"]),
    error: "cross_site_request",
    headers: {},
  },
  "a blocklist that is down": {
    house: "down",
    sent: { path: "/me", headers: bearer },
    error: "unavailable",
    headers: { "retry-after": "5" },
  },
  "an optional credential, and a blocklist that is down": {
    house: "down",
    sent: { path: "/feed", headers: bearer },
    error: "unavailable",
    headers: { "retry-after": "5" },
  },
  "users who are down": {
    house: "unmanned",
    sent: post("/login", READER),
    error: "unavailable",
    headers: { "retry-after": "5" },
  },
};

afterEach(() => {
  vi.restoreAllMocks();
});

const ADAPTERS = Object.entries({ ...APPS, ...NEST_APPS }).map(([name, app], nth) => [name, app, nth] as const);

describe.each(ADAPTERS)("%s", (name, app, nth) => {
  /** Who is told by our handler, and the applications behind that, and behind the framework's own in each environment. */
  let told: NonNullable<Errors["log"]> = () => {};
  const stages = {} as Record<"ours" | "development" | "production", Stage>;
  beforeAll(async () => {
    stages.ours = await openStage(app, houses.good, { log: (...args) => told(...args) });
    for (const env of ["development", "production"] as const) {
      stages[env] = await openStage(app, houses.good, { env });
    }
  });
  afterAll(() => {
    for (const stage of Object.values(stages)) stage.close();
  });
  const ask = (
    house: object,
    sent: Sent,
    by: { readonly log: typeof told } | { readonly env: keyof typeof stages },
  ) => {
    const stage = stages["log" in by ? "ours" : by.env];
    if ("log" in by) told = by.log;
    stage.put(house);
    return exchange(stage.server, sent);
  };

  describe.each(partOf(Object.entries(TABLE), nth, 3))("%s", (_what, { house, sent, error, headers }) => {
    it("is answered as one JSON, with its headers, and an outage is logged with its cause", async () => {
      const log = vi.fn((_error: AuthError, _request: object) => {});
      const answer = await ask(houses[house], sent, { log });
      const { status, message } = new AuthError(error);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([status, { error, message }]);
      expect(answer.headers).toMatchObject({ "cache-control": "no-store", ...headers });
      expect(answer.headers["content-type"]).toMatch(/^application\/json(?:; charset=utf-8)?$/);
      if (status < 500) return expect(log).not.toHaveBeenCalled();
      expect(log).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ code: error, cause: boom }),
        expect.any(Object),
      );
      expect(JSON.stringify(answer)).not.toContain(SECRET);
    });

    it.each(["development", "production"] as const)(
      "leaks nothing through the framework's own handler in %s",
      async (env) => {
        vi.spyOn(console, "error").mockImplementation(() => {});
        const answer = await ask(houses[house], sent, { env });
        expect(answer.status).toBe(new AuthError(error).status);
        expect(answer.headers).toMatchObject(headers);
        expect(JSON.stringify(answer)).not.toContain(SECRET);
      },
    );
  });

  it.skipIf(name === "Fetch")("keeps the headers that others have set", async () => {
    const answer = await ask(houses.good, post("/refresh", null, ["Cookie", "__Host-refresh=dead"]), { log: () => {} });
    expect(answer.headers).toMatchObject({ vary: "Origin", "set-cookie": ["theme=dark", DEAD] });
  });

  it("answers without a body where none was asked for", async () => {
    const answer = await ask(houses.good, { method: "HEAD", path: "/me" }, { log: () => {} });
    expect([answer.status, answer.body, answer.headers["www-authenticate"]]).toEqual([401, "", CHALLENGE]);
  });

  it("leaves an error of the application's own to the framework, unlogged", async () => {
    const log = vi.fn();
    const answer = await ask(houses.good, { path: "/broken" }, { log });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("missing_token");
    expect(log).not.toHaveBeenCalled();
  });

  it("lets no failure of the log change the answer", async () => {
    const sent = { path: "/me", headers: bearer };
    const logs = [
      () => {
        throw new Error("the log is full");
      },
      () => Promise.reject(new Error("the log is full")),
    ];
    for (const log of logs) expect(await ask(houses.down, sent, { log })).toMatchObject({ status: 503 });
  });

  it.runIf(/^(Express|Koa)/.test(name))("logs what comes when the answer has begun, and breaks that off", async () => {
    const log = vi.fn();
    await expect(ask(houses.good, { path: "/begun" }, { log })).rejects.toThrow(/aborted|hang up/);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unavailable" }), expect.any(Object));
  });
});

const HANDLERS = {
  express: onExpress.errorHandler,
  koa: onKoa.errorHandler,
  fastify: onFastify.errorHandler,
  fetch: onFetch.errorHandler,
};

it.each(Object.entries(HANDLERS))("%s: wrong options are refused when the handler is made", (_name, errorHandler) => {
  expect(() => errorHandler({ logger: console.error } as never)).toThrow(/there is no option "logger"/);
  expect(() => errorHandler({ log: "console" } as never)).toThrow(
    "errorHandler: log must be a function: (error, request) => logger.error(error)",
  );
  expect(() => errorHandler({ log: undefined } as never)).toThrow(/log is undefined/);
});

it("leaves to Fastify what its parsers refuse on a route of the application's own", async () => {
  const app = fastify();
  app.setErrorHandler(onFastify.errorHandler());
  app.post("/orders", async () => ({}));
  const { statusCode, body } = await app.inject({
    method: "POST",
    path: "/orders",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "item=1",
  });
  expect([statusCode, JSON.parse(body).code]).toEqual([415, "FST_ERR_CTP_INVALID_MEDIA_TYPE"]);
});

it("logs to the console unless told otherwise", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const handler = onFetch.errorHandler()(onFetch.requireAuth(houses.down)(() => new Response()));
  const request = new Request("http://localhost/", { headers: { authorization: bearer[1] as string } });
  expect((await handler(request)).status).toBe(503);
  expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unavailable", cause: boom }));
});

it("answers by Fetch what a handler itself throws, too", async () => {
  const handler = onFetch.errorHandler({ log: () => {} })(() => {
    throw new AuthError("insufficient_scope", { scope: "admin" });
  });
  const answer = await handler(new Request("http://localhost/"));
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
    403,
    expect.stringContaining('scope="admin"'),
  ]);
});
