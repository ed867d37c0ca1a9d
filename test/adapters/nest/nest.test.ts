import "reflect-metadata";
import type { Server } from "node:http";
import {
  type ArgumentsHost,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  Module,
  NotFoundException,
  Res,
  UseGuards,
} from "@nestjs/common";
import { ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import { HttpAdapterHost, NestFactory } from "@nestjs/core";
import { ExecutionContextHost } from "@nestjs/core/helpers/execution-context-host.js";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Response } from "express";
import { describe, expect, it, vi } from "vitest";
import { translateParserErrors } from "../../../src/adapters/nest/http.ts";
import {
  AuthErrorFilter,
  AuthGuard,
  CurrentIdentity,
  createAuthController,
  HallpassModule,
  OptionalAuth,
  Public,
  Scopes,
} from "../../../src/adapters/nest.ts";
import type { Authenticator } from "../../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { AuthError } from "../../../src/core/errors.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import type { Identity } from "../../../src/guard/identity.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { profileOf } from "../../support/tokens.ts";
import { type Answer, exchange, type Sent } from "../exchange.ts";
import { listen, NEST_APPS } from "../nest-apps.ts";

const token = profileOf();
const guard = createGuard({ token });
const bearer = async (scope: string): Promise<readonly string[]> => [
  "Authorization",
  `Bearer ${await issueToken({ sub: "user-1", scope }, token)}`,
];
const PLATFORMS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

async function ask(server: Server, sent: Sent): Promise<Answer> {
  const answer = await exchange(server, sent);
  server.close();
  return answer;
}

describe.each(Object.entries(NEST_APPS))("%s", (_name, app) => {
  it.each([
    ["/write", "read write", 200],
    ["/write", "write", 403],
    ["/write", "read", 403],
    ["/readers", "read", 200],
    ["/readers", "write", 403],
    ["/health", "", 200],
  ])(
    "asks at %s for the scopes of route and controller: a token with %j is answered %i",
    async (path, scope, status) => {
      const server = await app(houseOf().auth as never);
      expect((await ask(server, { path, headers: await bearer(scope) })).status).toBe(status);
    },
  );

  it.each(["/health", "/login"])("looks at no credential at %s, which is public", async (path) => {
    const server = await app(houseOf().auth as never);
    const headers = ["Authorization", "Bearer x.y.z", "Content-Type", "application/json"];
    const login = { method: "POST", body: JSON.stringify(READER) };
    expect((await ask(server, { path, headers, ...(path === "/login" && login) })).status).toBe(200);
  });

  it("leaves to Nest what is no refusal of ours", async () => {
    const log = vi.fn();
    const answer = await ask(await app(houseOf().auth as never, { log }), { path: "/nowhere" });
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([404, "Not Found"]);
    expect(log).not.toHaveBeenCalled();
  });
});

/** A second copy of the class, as two versions of the package in one process have it. */
vi.resetModules();
const { AuthError: OtherAuthError } = await import("../../../src/core/errors.ts");

@Controller()
class Thrower {
  @Public()
  @Get("copy")
  copy() {
    throw new OtherAuthError("revoked");
  }

  @Public()
  @Get("begun")
  begun(@Res() response: Response & { readonly raw?: Response }) {
    (response.raw ?? response).write("begun");
    throw new AuthError("unavailable");
  }

  @Get("mine")
  mine(@CurrentIdentity() { userId }: Identity) {
    throw new NotFoundException(userId);
  }
}

describe.each(Object.entries(PLATFORMS))("on %s", (_name, platform) => {
  const serve = async (controllers: (new () => object)[], auth: Guard = guard, options = {}): Promise<Server> => {
    @Module({ imports: [HallpassModule.forRoot({ guard: auth, ...options })], controllers })
    class AppModule {}
    return listen(await NestFactory.create(AppModule, platform(), { logger: false }));
  };

  it("answers an error of another copy of hallpass, too", async () => {
    expect(OtherAuthError).not.toBe(AuthError);
    const answer = await ask(await serve([Thrower]), { path: "/copy" });
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([401, "revoked"]);
    expect(answer.headers["www-authenticate"]).toContain('error="invalid_token"');
  });

  it("lets a handler's own exceptions be", async () => {
    const answer = await ask(await serve([Thrower]), { path: "/mine", headers: await bearer("") });
    expect(JSON.parse(answer.body)).toEqual({ statusCode: 404, error: "Not Found", message: "user-1" });
  });

  it("has a controller of what the authenticator can do, behind a prefix", async () => {
    const { users } = houseOf();
    const blocklist = memoryBlocklist();
    const house = houseOf().auth;
    const AUTHENTICATORS: readonly (readonly [Authenticator, readonly number[]])[] = [
      [createAuthenticator({ token, users }), [400, 404, 404, 404]],
      [createAuthenticator({ token, users, blocklist }), [400, 404, 401, 400]],
      [house, [400, 400, 401, 400]],
    ];
    for (const [auth, statuses] of AUTHENTICATORS) {
      const server = await serve([createAuthController(auth, "auth") as new () => object], auth);
      const asked = ["login", "refresh", "logout", "password"].map((path) =>
        exchange(server, { method: "POST", path: `/auth/${path}` }),
      );
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(statuses);
      server.close();
    }
  });

  it.each([
    ["at once", (made: Guard) => made],
    ["later", async (made: Guard) => made],
  ])("takes a guard that a factory makes %s of other providers", async (_when, make) => {
    class Settings {
      readonly realm = "orders";
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const log = vi.fn();
    const imports = [
      HallpassModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ realm }: Settings) => {
          const isRevoked = () => Promise.reject(new Error("down"));
          const blocklist = { ...memoryBlocklist(), isRevoked };
          return { guard: await make(createGuard({ token, realm, blocklist })), log };
        },
      }),
    ];
    @Module({ imports, controllers: [Thrower] })
    class AppModule {}
    const server = await listen(await NestFactory.create(AppModule, platform(), { logger: false }));
    const refused = await exchange(server, { path: "/mine" });
    expect([refused.status, JSON.parse(refused.body).error]).toEqual([401, "missing_token"]);
    expect(refused.headers["www-authenticate"]).toBe('Bearer realm="orders"');
    expect((await ask(server, { path: "/mine", headers: await bearer("") })).status).toBe(503);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unavailable" }), expect.any(Object));
  });

  it("takes a guard of a factory that needs nothing", async () => {
    @Module({ imports: [HallpassModule.forRootAsync({ useFactory: () => ({ guard }) })], controllers: [Thrower] })
    class AppModule {}
    const server = await listen(await NestFactory.create(AppModule, platform(), { logger: false }));
    expect((await ask(server, { path: "/mine", headers: await bearer("") })).status).toBe(404);
  });

  it("does not start with the module's class alone, which would leave every route open", async () => {
    // The class alone doesn't compile either.
    @Module({ imports: [HallpassModule as never], controllers: [Thrower] })
    class AppModule {}
    const started = NestFactory.create(AppModule, platform(), { logger: false, abortOnError: false });
    await expect(started).rejects.toThrow(
      new TypeError("HallpassModule has no guard: import HallpassModule.forRoot({ guard }) instead of the class"),
    );
  });

  it("guards one controller alone", async () => {
    @UseGuards(new AuthGuard(guard))
    @Controller()
    class Guarded {
      @Get("guarded")
      guarded(@CurrentIdentity() { userId }: Identity) {
        return { userId };
      }
    }
    @Controller()
    class Open {
      @Get("open")
      open() {
        return {};
      }
    }
    @Module({ controllers: [Guarded, Open] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, platform(), { logger: false });
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    app.useGlobalFilters(new AuthErrorFilter(app.get(HttpAdapterHost)));
    const server = await listen(app);
    const headers = await bearer("");
    expect(await exchange(server, { path: "/guarded", headers })).toMatchObject({
      status: 200,
      body: '{"userId":"user-1"}',
    });
    expect((await exchange(server, { path: "/guarded" })).headers["www-authenticate"]).toBe('Bearer realm="api"');
    expect((await ask(server, { path: "/open" })).status).toBe(200);
    expect(error).not.toHaveBeenCalled();
  });
});

it("ends an answer that has begun, and logs what came", async () => {
  const log = vi.fn();
  @Module({ imports: [HallpassModule.forRoot({ guard, log })], controllers: [Thrower] })
  class AppModule {}
  const server = await listen(await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false }));
  expect(await ask(server, { path: "/begun" })).toMatchObject({ status: 200, body: "begun" });
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unavailable" }), expect.any(Object));
});

it("says what to do where nothing parses bodies", async () => {
  const error = vi.fn();
  const logger = { log() {}, warn() {}, error };
  const { auth } = houseOf();
  @Module({ imports: [HallpassModule.forRoot({ guard: auth })], controllers: [createAuthController(auth)] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger, bodyParser: false });
  const headers = ["Content-Type", "application/json"];
  const sent = { method: "POST", path: "/login", headers, body: JSON.stringify(READER) };
  expect((await ask(await listen(app), sent)).status).toBe(500);
  expect(String(error.mock.calls.flat()[0])).toContain("leave Nest's own parser of JSON in place");
});

describe.each(["graphql", "ws", "rpc"])("over %s", (type) => {
  const context = new ExecutionContextHost([{}, {}, {}, {}], Thrower, Thrower.prototype.mine);
  context.setType(type);
  const remedy = `over HTTP, and not over ${type}: let HTTP ask for the credential first, or write a guard of your own`;

  it("nobody is let in, and the developer is told what to do", async () => {
    const refused = new AuthGuard(guard).canActivate(context);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(remedy);
  });

  it("no handler is told who is asking", () => {
    class Gateway {
      on(_identity: unknown) {}
    }
    CurrentIdentity()(Gateway.prototype, "on", 0);
    const [{ factory }] = Object.values(Reflect.getMetadata(ROUTE_ARGS_METADATA, Gateway, "on")) as [
      { factory: (data: unknown, context: ExecutionContext) => unknown },
    ];
    expect(() => factory(undefined, context)).toThrow(remedy);
  });

  it("a route that is public is open", async () => {
    const open = new ExecutionContextHost([{}], Thrower, Thrower.prototype.copy);
    open.setType(type);
    expect(await new AuthGuard(guard).canActivate(open)).toBe(true);
  });

  it("an error is thrown on", () => {
    const error = new AuthError("revoked");
    const filter = new AuthErrorFilter({} as HttpAdapterHost);
    expect(() => filter.catch(error, context as ArgumentsHost)).toThrow(error);
  });
});

it("leaves to Nest what a middleware of the application's own refuses", async () => {
  @Module({ imports: [HallpassModule.forRoot({ guard })] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false });
  app.use((_req: unknown, _res: unknown, next: (error: unknown) => void) => next(new NotFoundException("gone")));
  const answer = await ask(await listen(app), { path: "/mine" });
  expect(JSON.parse(answer.body)).toEqual({ statusCode: 404, error: "Not Found", message: "gone" });
});

it("starts where there is no HTTP, as in a job or a microservice", async () => {
  @Module({ imports: [HallpassModule.forRoot({ guard })] })
  class AppModule {}
  const context = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await context.close();
  for (const host of [{}, { httpAdapter: {} }]) {
    expect(() => translateParserErrors(host as HttpAdapterHost)).not.toThrow();
  }
});

it("refuses wrong options when the module is made", () => {
  const forRoot = HallpassModule.forRoot as (options: unknown) => unknown;
  expect(() => forRoot({ guard, logger: console.error })).toThrow(
    /HallpassModule.forRoot: there is no option "logger"/,
  );
  expect(() => forRoot(guard)).toThrow("HallpassModule.forRoot: give the guard as { guard }");
  expect(() => forRoot({ guard: undefined })).toThrow(/HallpassModule.forRoot: guard is undefined; it must be given/);
  expect(() => forRoot({ guard: token })).toThrow(
    /AuthGuard takes what createGuard .* makes; it was given a token profile/,
  );
  expect(() => createAuthController(guard as never)).toThrow(/login takes what createAuthenticator makes; .* a guard/);
  expect(() => new AuthErrorFilter({} as HttpAdapterHost, { log: "console" } as never)).toThrow(
    /log must be a function/,
  );
});

it("refuses wrong options of a factory when the module is made, and what it gives when the application starts", async () => {
  const forRootAsync = HallpassModule.forRootAsync as (options: unknown) => DynamicModule;
  expect(() => forRootAsync({ useFactory: () => ({ guard }), injects: [] })).toThrow(/there is no option "injects"/);
  expect(() => forRootAsync({ inject: [] })).toThrow(/HallpassModule.forRootAsync: useFactory/);
  expect(() => forRootAsync({ useFactory: { guard } })).toThrow(/useFactory must be a function/);
  const FACTORIES: readonly (readonly [() => unknown, RegExp])[] = [
    [() => guard, /HallpassModule.forRootAsync: give the guard as { guard }/],
    [() => ({}), /AuthGuard takes what createGuard .* makes; it was given nothing/],
    [() => ({ guard: token }), /AuthGuard takes what createGuard .* makes/],
    [() => ({ guard, logger: 1 }), /HallpassModule.forRootAsync: there is no option "logger"/],
    [() => Promise.reject(new Error("no database")), /no database/],
  ];
  for (const [useFactory, message] of FACTORIES) {
    @Module({ imports: [forRootAsync({ useFactory })] })
    class AppModule {}
    const started = NestFactory.create(AppModule, new ExpressAdapter(), { logger: false, abortOnError: false });
    await expect(started).rejects.toThrow(message);
  }
});

it("refuses decorators that exclude each other, and scopes that are none", () => {
  const decorators = [Public, OptionalAuth, () => Scopes("read")];
  for (const first of decorators) {
    for (const second of decorators) {
      class Both {}
      first()(Both);
      expect(() => second()(Both)).toThrow(/exclude each other/);
    }
  }
  expect(() => Scopes()).toThrow(/one or more scopes/);
});
