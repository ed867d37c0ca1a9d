import type { Type } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import type { RevokingAuthenticator } from "../../authenticator/authenticator.ts";
import type { Guard } from "../../guard/guard.ts";
import type { User } from "../../stores/contract.ts";
import { handleIntrospect, type IntrospectOptions } from "../introspect.ts";
import { handleRevoke, type RevokeOptions } from "../revoke.ts";
import { addRoutes } from "./routes.ts";

/**
 * Makes a controller with the route `POST /introspect` (RFC 7662), for services that can't verify our tokens
 * themselves: it takes a form with the `token` from one of `clients`, and answers with its claims, or with
 * `{ active: false }` if it is not valid. The guard of {@link HallpassModule} does not apply to it.
 *
 * @param guard - the guard that takes the tokens
 * @param prefix - the path in front of the route, such as `"oauth"`. None by default.
 * @throws TypeError when `guard` is not a guard, an option is missing, misspelt or meaningless, or every user could ask
 *
 * @example
 * ```ts
 * @Module({ controllers: [createIntrospectController(auth, { clients })] })
 * class TokensModule {}
 * ```
 */
export function createIntrospectController<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  prefix: string = "",
  ...extra: []
): Type<object> {
  class IntrospectController {
    constructor(readonly host: HttpAdapterHost) {}
  }
  return addRoutes(IntrospectController, prefix, { introspect: handleIntrospect(guard, options, ...extra) });
}

/**
 * Makes a controller with the route `POST /revoke` (RFC 7009): it takes a form with the `token` from one of `clients`,
 * and answers 200 once it is invalid. For a refresh token, the whole session ends; an access token is revoked alone.
 * The guard of {@link HallpassModule} does not apply to it.
 *
 * @param prefix - the path in front of the route, such as `"oauth"`. None by default.
 * @throws TypeError when the authenticator has neither blocklist nor sessions, an option is missing, misspelt or
 * meaningless, or every user could ask
 *
 * @example
 * ```ts
 * @Module({ controllers: [createRevokeController(auth, { clients })] })
 * class TokensModule {}
 * ```
 */
export function createRevokeController<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  prefix: string = "",
  ...extra: []
): Type<object> {
  class RevokeController {
    constructor(readonly host: HttpAdapterHost) {}
  }
  return addRoutes(RevokeController, prefix, { revoke: handleRevoke(auth, options, ...extra) });
}
