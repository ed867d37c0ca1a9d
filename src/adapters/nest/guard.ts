import type { CanActivate, ExecutionContext } from "@nestjs/common";
import type { Guard } from "../../guard/guard.ts";
import { checkGuard, checkNothingElse } from "../checks.ts";
import { authorizeScopes, identify, showIdentity } from "../identity.ts";
import { pickHeaders, readAuthorization } from "../request.ts";
import { readAccess } from "./decorators.ts";
import { takeHttpRequest } from "./http.ts";

/**
 * A guard in the sense of Nest: it lets a request pass that carries a good token, and refuses any other, unless the
 * route is decorated otherwise. {@link HallpassModule} puts one in front of every route; use this for one controller
 * alone.
 *
 * @example
 * ```ts
 * @UseGuards(new AuthGuard(guard))
 * @Controller("orders")
 * class OrdersController {}
 * ```
 */
export class AuthGuard implements CanActivate {
  readonly #guard: Guard;

  /**
   * @param guard - what `createGuard` or `createAuthenticator` makes
   * @throws TypeError when `guard` is no guard
   */
  constructor(guard: Guard, ...extra: []) {
    checkNothingElse("AuthGuard", extra, "@Scopes()");
    checkGuard("AuthGuard", guard);
    this.#guard = guard;
  }

  /** Lets a request pass, or throws an `AuthError`. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const { recognition, scopes } = readAccess(context);
    if (recognition === null) return true;
    const request = takeHttpRequest(context);
    showIdentity(request, await identify(request, this.#guard, recognition, readAuthorization(pickHeaders(request))));
    if (scopes.length > 0) await authorizeScopes(request, scopes);
    return true;
  }
}
