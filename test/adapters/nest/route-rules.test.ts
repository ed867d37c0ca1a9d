import "reflect-metadata";
import type { Server } from "node:http";
import { Controller, Get, Module, UseGuards } from "@nestjs/common";
import { HttpAdapterHost, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AuthErrorFilter,
  AuthGuard,
  CurrentIdentity,
  HallpassModule,
  OptionalAuth,
  Public,
  Rules,
  Scopes,
} from "../../../src/adapters/nest.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Identity } from "../../../src/guard/identity.ts";
import { where } from "../../../src/guard/rules.ts";
import { profileOf } from "../../support/tokens.ts";
import { exchange } from "../exchange.ts";
import { listen } from "../nest-apps.ts";

const token = profileOf();

@Rules(where(({ userId }) => userId === "user-1"))
@Controller("owner")
class OwnerController {
  @Get()
  all() {
    return {};
  }

  @Scopes("read")
  @Get("scopes")
  scopes() {
    return {};
  }

  @Rules(where(({ scopes }) => scopes.includes("read")))
  @Get("rules")
  rules() {
    return {};
  }

  @OptionalAuth()
  @Get("optional")
  optional(@CurrentIdentity() identity: Identity | null) {
    return { personal: identity !== null };
  }
}

@Public()
@Controller("public")
class PublicController {
  @Scopes("read")
  @Get("scopes")
  scopes() {
    return {};
  }
}

@OptionalAuth()
@Controller("optional")
class OptionalController {
  @Rules(where(() => true))
  @Get("rules")
  rules() {
    return {};
  }
}

describe("what a route says beside its controller", () => {
  let server: Server;
  beforeAll(async () => {
    const controllers = [OwnerController, PublicController, OptionalController];
    @Module({ imports: [HallpassModule.forRoot({ guard: createGuard({ token }) })], controllers })
    class AppModule {}
    server = await listen(await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false }));
  });
  afterAll(() => void server.close());

  it.each([
    ["/owner", "user-1", "", 200],
    ["/owner", "user-2", "", 403],
    ["/owner/scopes", "user-1", "read", 200],
    ["/owner/scopes", "user-1", "", 403],
    ["/owner/scopes", "user-2", "read", 403],
    ["/owner/rules", "user-1", "read", 200],
    ["/owner/rules", "user-1", "", 403],
    ["/owner/rules", "user-2", "read", 403],
    ["/owner/optional", "user-2", "", 200],
    ["/owner/optional", null, "", 200],
    ["/public/scopes", "user-2", "read", 200],
    ["/public/scopes", null, "", 401],
    ["/optional/rules", "user-2", "", 200],
    ["/optional/rules", null, "", 401],
  ])("counts at %s: to %s with the scopes %j it is %i", async (path, sub, scope, status) => {
    const headers = sub === null ? [] : ["Authorization", `Bearer ${await issueToken({ sub, scope }, token)}`];
    expect((await exchange(server, { path, headers })).status).toBe(status);
  });
});

it("a guard's own rules count beside those of the route, and rules must be some", async () => {
  @UseGuards(
    new AuthGuard(
      createGuard({ token }),
      where(({ userId }) => userId === "user-1"),
    ),
  )
  @Controller("guarded")
  class GuardedController {
    @Scopes("read")
    @Get()
    read() {
      return {};
    }
  }
  @Module({ controllers: [GuardedController] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false });
  app.useGlobalFilters(new AuthErrorFilter(app.get(HttpAdapterHost)));
  const server = await listen(app);
  const statuses: number[] = [];
  for (const sub of ["user-1", "user-2"]) {
    const headers = ["Authorization", `Bearer ${await issueToken({ sub, scope: "read" }, token)}`];
    statuses.push((await exchange(server, { path: "/guarded", headers })).status);
  }
  server.close();
  expect(statuses).toEqual([200, 403]);
  expect(() => Rules()).toThrow(/@Rules\(\)/);
  expect(() => Rules("read" as never)).toThrow(/@Rules\(\)/);
});
