import { once } from "node:events";
import type { Server } from "node:http";
import { runInNewContext } from "node:vm";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { identify } from "../../../src/adapters/adapter.ts";
import * as onExpress from "../../../src/adapters/express.ts";
import * as onFastify from "../../../src/adapters/fastify.ts";
import * as onFetch from "../../../src/adapters/fetch.ts";
import * as onKoa from "../../../src/adapters/koa.ts";
import { toError } from "../../../src/adapters/thrown.ts";
import { AuthError } from "../../../src/core/errors.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { APPS } from "../apps.ts";
import { type Answer, exchange, type Sent } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";
import { openStage, type Stage } from "../stage.ts";

const { auth } = houseOf();
const identity = { userId: "someone", scopes: ["read"], sid: null, claims: {} };

type Row = readonly [name: string, thrown: unknown];

/** These are no errors, and yet may be thrown. Frameworks take some of them for "go on", or for what is to be sent. */
const THROWN: readonly Row[] = [
  ["undefined", undefined],
  ["null", null],
  ["an empty text", ""],
  ["0", 0],
  ["false", false],
  ["NaN", Number.NaN],
  ["route", "route"],
  ["router", "router"],
  ["a symbol", Symbol("thrown")],
  ["an object with a status", { status: 200 }],
  ["an object with a statusCode", { statusCode: 204 }],
];

const throwing = (): never => {
  throw new Error("a getter that throws");
};

/** These are errors that a framework would take the answer from, could not read, or could not write to. */
const ODD_ERRORS: readonly Row[] = [
  ["an error with the status 200", Object.assign(new Error("x"), { status: 200 })],
  ["an error with the statusCode 204", Object.assign(new Error("x"), { statusCode: 204 })],
  ["an error with two statuses", Object.assign(new Error("x"), { status: 500, statusCode: 200 })],
  ["an error of a missing file", Object.assign(new Error("x"), { code: "ENOENT" })],
  ["a frozen error", Object.freeze(new Error("x"))],
  ["an error that can't be read", Object.defineProperty(new Error("x"), "statusCode", { get: throwing })],
];

const ADAPTERS = Object.entries({ ...APPS, ...NEST_APPS }).map(([name, app], nth) => [name, app, nth] as const);

describe.each(ADAPTERS)("%s", (_name, app, nth) => {
  const thrownHere = partOf([...THROWN, ...ODD_ERRORS], nth, 5);
  let frameworks: Stage; // The errors are answered by the framework's own handler, or by ours.
  let ours: Stage;
  beforeAll(async () => {
    frameworks = await openStage(app, auth);
    ours = await openStage(app, auth, { log: () => {} });
  });
  afterAll(() => {
    frameworks.close();
    ours.close();
  });
  const ask = async (own: object, sent: Sent, stage = frameworks): Promise<number> => {
    stage.put(own);
    return (await exchange(stage.server, sent)).status;
  };

  describe.each(thrownHere)("a guard that throws %s", (_what, thrown) => {
    const fail = (): never => {
      throw thrown;
    };
    const reject = async (): Promise<never> => fail();

    it.each(["/me", "/feed"])("is the server's own fault at %s", async (path) => {
      for (const answer of [fail, reject]) {
        const own = { authenticate: answer, authenticateOptional: answer };
        expect(await ask(own, { path })).toBe(500);
        expect(await ask(own, { path }, ours)).toBe(500);
      }
    });

    it("is so where it authorizes", async () => {
      for (const authorize of [fail, reject]) {
        expect(await ask({ authenticate: async () => identity, authorize }, { path: "/read" })).toBe(500);
      }
    });
  });

  it("a guard that throws an error with a status of another service is the server's own fault", async () => {
    for (const status of [401, 403, 404]) {
      const fail = (): never => {
        throw Object.assign(new Error("Request failed"), { status });
      };
      for (const path of ["/me", "/feed"]) {
        expect(await ask({ authenticate: fail, authenticateOptional: fail }, { path })).toBe(500);
        expect(await ask({ authenticate: fail, authenticateOptional: fail }, { path }, ours)).toBe(500);
      }
      expect(await ask({ authenticate: async () => identity, authorize: fail }, { path: "/read" })).toBe(500);
    }
  });

  it.each(thrownHere)("an authenticator that throws %s is the server's own fault", async (_what, thrown) => {
    const login = async (): Promise<never> => {
      throw thrown;
    };
    const headers = ["Content-Type", "application/json"];
    expect(await ask({ login }, { method: "POST", path: "/login", headers, body: JSON.stringify(READER) })).toBe(500);
  });
});

describe("an application's own route behind our error handler", () => {
  const foreign = runInNewContext('Object.assign(new Error("elsewhere"), { statusCode: 409 })');

  it.each<Row>([...THROWN, ["an error of another realm", runInNewContext('new Error("x")')]])(
    "that throws %s on Fastify",
    async (_, thrown) => {
      const app = fastify();
      app.setErrorHandler(onFastify.errorHandler());
      app.get("/", () => {
        throw thrown;
      });
      expect((await app.inject("/")).statusCode).toBe(500);
    },
  );

  it("keeps on Fastify the status of an error of another realm", async () => {
    const app = fastify();
    app.setErrorHandler(onFastify.errorHandler());
    app.get("/", async () => {
      throw foreign;
    });
    const { statusCode, body } = await app.inject("/");
    expect([statusCode, JSON.parse(body).message]).toEqual([409, "elsewhere"]);
  });

  it("is answered on Koa", async () => {
    const app = new Koa();
    app.silent = true;
    app.use(onKoa.errorHandler());
    app.use(() => Promise.reject());
    expect((await askOnce(app.listen(0, "127.0.0.1"))).status).toBe(500);
  });

  it("is left as it is by Fetch, since routers throw their redirects", async () => {
    const thrown = new Response(null, { status: 302 });
    const handler = onFetch.errorHandler()(onFetch.optionalAuth(auth)(() => Promise.reject(thrown)));
    await expect(handler(new Request("http://localhost/"))).rejects.toBe(thrown);
  });
});

it("gives an error of the guard's to the error handlers as it is, of whatever realm", async () => {
  for (const thrown of [new RangeError("x"), runInNewContext('new Error("x")'), new DOMException("x", "AbortError")]) {
    const app = express();
    const met = vi.fn();
    app.get("/", onExpress.requireAuth({ ...auth, authenticate: () => Promise.reject(thrown) }));
    app.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      met(error);
      res.end();
    });
    await askOnce(app.listen(0, "127.0.0.1"));
    expect(met.mock.lastCall?.[0]).toBe(thrown);
  }
});

describe("toError", () => {
  it("leaves errors as they are, also of older classes", () => {
    function Old(this: Error): void {}
    Old.prototype = Object.create(Error.prototype);
    const old = Reflect.construct(Old, []);
    for (const error of [new Error("x"), new AuthError("revoked"), old]) expect(toError(error)).toBe(error);
  });

  it.each<Row>([...THROWN, ["a revoked proxy", revokedProxy()]])(
    "makes an error of %s, which it names as the cause",
    (_, it) => {
      const { message, cause } = toError(it);
      expect(message).toBe(
        "a guard, a hasher or another part of the application's threw what is no Error: see the cause",
      );
      expect(Object.is(cause, it)).toBe(true);
    },
  );
});

describe("an error that must not decide the answer", () => {
  it.each(ODD_ERRORS)("is the cause of another: %s", (_, it) => {
    const { name, message, cause } = toError(it);
    expect([name, cause]).toEqual(["TypeError", it]);
    expect(message).toMatch(/ an error that must not decide the answer: see the cause; throw an AuthError to refuse$/);
  });

  it("is none that an application refuses with, as in prove", () => {
    for (const status of [400, 409, "422", 503]) {
      const error = Object.assign(new Error("x"), { status });
      expect(toError(error)).toBe(error);
    }
  });
});

it("identify rejects with an error, too", async () => {
  const guard = { ...auth, authenticate: () => Promise.reject() };
  await expect(identify({}, guard, "authenticate", undefined)).rejects.toThrow(TypeError);
});

async function askOnce(server: Server): Promise<Answer> {
  await once(server, "listening");
  return exchange(server, { path: "/" }).finally(() => server.close());
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
