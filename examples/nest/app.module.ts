import { Controller, Get, HttpCode, Module, Post } from "@nestjs/common";
import type { Identity } from "hallpass";
import { CurrentIdentity, createAuthController, HallpassModule, OptionalAuth, Scopes } from "hallpass/nest";
import { auth } from "../shared/auth.ts";

@Controller()
class ReaderController {
  @Get("me")
  me(@CurrentIdentity() { claims }: Identity): unknown {
    return claims;
  }

  @OptionalAuth()
  @Get("feed")
  feed(@CurrentIdentity() identity: Identity | null): { personal: boolean } {
    return { personal: identity !== null };
  }

  @HttpCode(204)
  @Post("logout/everywhere")
  async logOutEverywhere(@CurrentIdentity() { userId }: Identity): Promise<void> {
    await auth.logoutEverywhere(userId);
  }
}

@Controller("orders")
class OrdersController {
  @Scopes("orders:read")
  @Get()
  list(): readonly object[] {
    return [];
  }

  @Scopes("orders:write")
  @Post()
  create(): object {
    return {};
  }
}

/** The guard is in front of every route. The auth controller logs in, refreshes, changes passwords and logs out. */
@Module({
  imports: [HallpassModule.forRoot({ guard: auth, log: (error) => console.error(error) })],
  controllers: [createAuthController(auth), ReaderController, OrdersController],
})
export class AppModule {}
