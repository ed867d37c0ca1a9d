import { isAuthError } from "../core/errors.ts";
import { isScope } from "../core/scope.ts";
import { assert } from "../shared/assert.ts";
import { checkFunction } from "../shared/options.ts";
import { isThenable } from "../shared/promise.ts";
import { checkAll, checkRule, checkRules } from "./check-rules.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/**
 * Makes the rule of {@link scopes}.
 *
 * @param owner - the function that takes the scopes, which a message names
 * @throws TypeError when no scope is given, or one can't be a scope (RFC 6749 §3.3)
 */
export function askForScopes(owner: string, names: readonly string[]): Rule {
  return makeScopeRule(owner, names, (has) => names.every(has));
}

/**
 * Requires all of several scopes. An identity that lacks one is refused with `insufficient_scope` (403).
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.post("/orders", requireAuth(guard, scopes("orders:write")), createOrder);
 * ```
 */
export function scopes(...names: string[]): Rule {
  return askForScopes("scopes", names);
}

/**
 * Requires one of several scopes. An identity that has none of them is refused with `insufficient_scope` (403).
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.get("/orders", requireAuth(guard, anyScope("orders:read", "orders:write")), listOrders);
 * ```
 */
export function anyScope(...names: string[]): Rule {
  return makeScopeRule("anyScope", names, (has) => names.some(has));
}

function makeScopeRule(
  owner: string,
  names: readonly string[],
  fits: (has: (scope: string) => boolean) => boolean,
): Rule {
  const areScopes = names.length > 0 && names.every(isScope);
  assert(areScopes, `${owner} takes one or more scopes, such as "orders:read", each a string without spaces`);
  const scope = names.join(" ");
  return Object.freeze({
    check(identity: Identity, { refuse }: RuleContext) {
      if (!fits((it) => identity.scopes.includes(it))) throw refuse("insufficient_scope", { scope });
    },
  });
}

/**
 * Requires what the application's own predicate checks: a role, a tenant, the owner of a record. An identity that does
 * not fit is refused with `forbidden` (403).
 *
 * @param fits - answers `true` or `false`, or a promise of it. Any other answer, and whatever it throws, is an outage
 * (503), except for an `AuthError`, which refuses as it is.
 * @throws TypeError when `fits` is not a function
 *
 * @example
 * ```ts
 * const isOwner = where(({ userId }, req: Request) => userId === req.params.id);
 * app.get("/users/:id", requireAuth(guard, isOwner), showUser);
 * ```
 */
export function where<Request = unknown, Claims = unknown>(
  fits: (identity: Identity<Claims>, request: Request) => boolean | PromiseLike<boolean>,
): Rule<Request> {
  checkFunction("where", fits, '({ claims }) => claims.role === "admin"');
  return Object.freeze({
    check(identity: Identity, context: RuleContext<Request>) {
      const verdict = fits(identity as Identity<Claims>, context.request);
      return isThenable(verdict)
        ? Promise.resolve(verdict).then((it) => judgePredicate(it, context))
        : judgePredicate(verdict as boolean, context);
    },
  });
}

function judgePredicate(verdict: boolean, { refuse }: RuleContext): void {
  if (verdict === false) throw refuse("forbidden");
  if (verdict !== true) throw new TypeError("where: the predicate must answer true or false");
}

/**
 * Requires all of several rules. They are checked in order, and the first that refuses decides.
 *
 * @throws TypeError when none is given, or one is no rule
 *
 * @example
 * ```ts
 * const mayPay = allOf(scopes("payments:write"), fresh({ maxAge: "5m" }));
 * ```
 */
export function allOf<Request>(...rules: readonly Rule<Request>[]): Rule<Request> {
  checkRules("allOf", rules, 1);
  return Object.freeze({
    check: (identity: Identity, context: RuleContext<Request>) => checkAll(rules, identity, context),
  });
}

/**
 * Requires one of several rules. They are checked in order until one lets the identity pass. If none does, the identity
 * is refused with 503 if any rule met an outage, and otherwise with the first refusal.
 *
 * @throws TypeError when none is given, or one is no rule
 *
 * @example
 * ```ts
 * const mayRead = anyRule(isOwner, scopes("admin"));
 * ```
 */
export function anyRule<Request>(...rules: readonly Rule<Request>[]): Rule<Request> {
  checkRules("anyRule", rules, 1);
  return Object.freeze({
    async check(identity: Identity, context: RuleContext<Request>) {
      const refusals: unknown[] = [];
      for (const rule of rules) {
        try {
          return await checkRule(rule, identity, context);
        } catch (error) {
          refusals.push(error);
        }
      }
      throw refusals.find((it) => !isAuthError(it) || it.status === 503) ?? refusals[0];
    },
  });
}
