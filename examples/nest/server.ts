import "reflect-metadata";
import { Controller, Get, HttpCode, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Identity } from "hallpass";
import { CurrentIdentity, createAuthController, HallpassModule, OptionalAuth, Scopes } from "hallpass/nest";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

@Controller()
class ApiController {
  @Get("me")
  me(@CurrentIdentity() identity: Identity) {
    return identity.claims;
  }

  @OptionalAuth()
  @Get("feed")
  feed(@CurrentIdentity() identity: Identity | null) {
    return { personal: identity !== null };
  }

  @Scopes("orders:read")
  @Get("orders")
  list() {
    return [];
  }

  @Scopes("orders:write")
  @Post("orders")
  create() {
    return {};
  }

  @Post("logout/everywhere")
  @HttpCode(204)
  async logoutEverywhere(@CurrentIdentity() identity: Identity) {
    await auth.logoutEverywhere(identity.userId);
  }
}

@Module({
  imports: [HallpassModule.forRoot({ guard: auth, log: (error) => console.error(error) })],
  controllers: [createAuthController(auth), ApiController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
await app.listen(PORT, HOST);
announce(app.getHttpServer());
