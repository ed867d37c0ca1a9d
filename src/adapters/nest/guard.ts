import type { CanActivate, ExecutionContext } from "@nestjs/common";
import { checkRules } from "../../guard/check-rules.ts";
import type { Guard } from "../../guard/guard.ts";
import type { Rule } from "../../guard/rule.ts";
import { askForScopes } from "../../guard/rules.ts";
import { checkGuard } from "../checks.ts";
import { admitRequest, showIdentity } from "../identity.ts";
import { readAccess } from "./decorators.ts";
import { takeHttpRequest } from "./http.ts";

/**
 * A guard in the sense of Nest: it lets a request with a valid token pass, and refuses any other, unless the route is
 * decorated otherwise. {@link HallpassModule} puts one in front of every route; use this for one controller alone.
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
  readonly #rules: readonly Rule[];

  /**
   * @param guard - what `createGuard` or `createAuthenticator` makes
   * @param rules - the rules that every identity must fit, beside those of a route
   * @throws TypeError when `guard` is not a guard, or another argument is not a rule
   */
  constructor(guard: Guard, ...rules: readonly Rule[]) {
    checkGuard("AuthGuard", guard);
    checkRules("AuthGuard", rules, 0);
    this.#guard = guard;
    this.#rules = rules;
  }

  /** Lets a request pass, or throws an `AuthError`. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const { recognition, scopes, rules } = readAccess(context);
    if (recognition === null) return true;
    const request = takeHttpRequest(context);
    const asked = scopes.length === 0 ? rules : [askForScopes("@Scopes()", scopes), ...rules];
    const access = { guard: this.#guard, recognition, rules: [...this.#rules, ...asked] };
    showIdentity(request, await admitRequest(request, access, request, request));
    return true;
  }
}
