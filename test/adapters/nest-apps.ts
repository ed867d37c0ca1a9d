import "reflect-metadata";
import type { Server } from "node:http";
import { All, Controller, Get, type INestApplication, Module, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Request, Response } from "express";
import {
  CurrentIdentity,
  createAuthController,
  HallpassModule,
  OptionalAuth,
  Public,
  Rules,
  Scopes,
} from "../../src/adapters/nest.ts";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import type { Identity } from "../../src/guard/identity.ts";
import { type App, BEFORE, broken, type Errors, RULES } from "./apps.ts";

/**
 * The routes of the table on Nest, on both of its platforms. Behind the other adapters, every second one of all is then
 * on Express, on Koa and on Fastify, wherever the part of them begins.
 */
export const NEST_APPS: Readonly<Record<string, App>> = {
  "Nest 11 on Fastify": (auth, errors) => onNest(new FastifyAdapter(), auth, errors),
  "Nest 11 on Express": (auth, errors) => onNest(new ExpressAdapter(), auth, errors),
};

@Controller()
class ApiController {
  @All("me")
  me(@CurrentIdentity() identity: Identity, @Req() request: { readonly auth?: Identity }) {
    return { id: identity.userId, same: request.auth === identity };
  }

  @OptionalAuth()
  @Get("feed")
  feed(@CurrentIdentity() identity: Identity | null) {
    return { personal: identity !== null };
  }

  @Scopes("read")
  @Get("read")
  read() {
    return {};
  }

  @Public()
  @Get("unguarded")
  unguarded(@CurrentIdentity() identity: Identity) {
    return identity;
  }

  @Public()
  @Get("broken")
  broken() {
    broken();
  }
}

/** A route's scopes are asked for beside those of its controller, and what it says otherwise counts instead. */
@Scopes("read")
@Controller()
class ReadersController {
  @Scopes("write")
  @Get("write")
  write() {
    return {};
  }

  @Get("readers")
  readers() {
    return {};
  }

  @Public()
  @Get("health")
  health() {
    return {};
  }
}

@Controller("rules")
class RulesController {
  @Rules(RULES.fits)
  @Get("fits")
  fits() {
    return {};
  }

  @Rules(RULES.forbids)
  @Get("forbids")
  forbids() {
    return {};
  }

  @Rules(RULES.fitsLater)
  @Get("fitsLater")
  fitsLater() {
    return {};
  }

  @Rules(RULES.forbidsLater)
  @Get("forbidsLater")
  forbidsLater() {
    return {};
  }

  @Rules(RULES.fresh)
  @Get("fresh")
  fresh() {
    return {};
  }

  @Rules(RULES.throws)
  @Get("throws")
  throws() {
    return {};
  }

  @Rules(RULES.hangs)
  @Get("hangs")
  hangs() {
    return {};
  }

  @Rules(RULES.lies)
  @Get("lies")
  lies() {
    return {};
  }
}

async function onNest(
  platform: ExpressAdapter | FastifyAdapter,
  auth: SessionAuthenticator,
  { log }: Errors = {},
): Promise<Server> {
  @Module({
    imports: [HallpassModule.forRoot({ guard: auth, log: log ?? (() => {}) })],
    controllers: [createAuthController(auth), ApiController, ReadersController, RulesController],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, platform, { logger: false });
  if (log !== undefined) setBefore(platform);
  return listen(app);
}

/** Sets what other handlers leave on the answer, as each platform's own handlers do. */
function setBefore(platform: ExpressAdapter | FastifyAdapter): void {
  if (platform instanceof FastifyAdapter) {
    platform.getInstance().addHook("onRequest", async (_request, reply) => void reply.headers(BEFORE));
  } else {
    platform.use((_req: Request, res: Response, next: () => void) => {
      res.set(BEFORE);
      next();
    });
  }
}

export async function listen(app: INestApplication): Promise<Server> {
  await app.listen(0, "127.0.0.1");
  return app.getHttpServer();
}
