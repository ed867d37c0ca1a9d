import { createParamDecorator, type ExecutionContext, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { checkRules } from "../../guard/check-rules.ts";
import type { Identity } from "../../guard/identity.ts";
import type { Rule } from "../../guard/rule.ts";
import { askForScopes } from "../../guard/rules.ts";
import { checkNothingElse } from "../checks.ts";
import { type Recognition, recallLastIdentity } from "../identity.ts";
import { takeHttpRequest } from "./http.ts";

/** What a route demands. With the recognition `null`, requests are not authenticated. */
export interface RouteAccess {
  readonly recognition: Recognition | null;
  readonly scopes: readonly string[];
  readonly rules: readonly Rule[];
}

const ACCESS = "hallpass:access";
const REQUIRED: RouteAccess = { recognition: "authenticate", scopes: [], rules: [] };
const reflector = new Reflector();

/**
 * Lets every request pass, whatever credential it carries, without authenticating it. For a route or a controller.
 *
 * @example
 * ```ts
 * @Public()
 * @Get("health")
 * health() {}
 * ```
 */
export function Public(...extra: []): ClassDecorator & MethodDecorator {
  checkNothingElse("@Public()", extra, "@Rules()");
  return decorate({ recognition: null, scopes: [], rules: [] });
}

/**
 * Lets a request without a credential pass too: {@link CurrentIdentity} gives `null` then. A bad credential is refused
 * all the same, and an outage is 503. For a route or a controller.
 *
 * @example
 * ```ts
 * @OptionalAuth()
 * @Get("feed")
 * feed(@CurrentIdentity() identity: Identity | null) {
 *   return { personal: identity !== null };
 * }
 * ```
 */
export function OptionalAuth(...extra: []): ClassDecorator & MethodDecorator {
  checkNothingElse("@OptionalAuth()", extra, "@Rules()");
  return decorate({ recognition: "authenticateOptional", scopes: [], rules: [] });
}

/**
 * Lets only requests pass whose token has all the scopes. For a route or a controller. A route demands its own scopes
 * and those of its controller.
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * @Scopes("orders:write")
 * @Post("orders")
 * create() {}
 * ```
 */
export function Scopes(...scopes: string[]): ClassDecorator & MethodDecorator {
  askForScopes("@Scopes()", scopes); // It refuses what can't be a scope.
  return decorate({ recognition: "authenticate", scopes, rules: [] });
}

/**
 * Lets only requests pass whose identity fits all the rules: `scopes`, `where`, `fresh`, … For a route or a controller.
 * A route has its own rules and those of its controller.
 *
 * @throws TypeError when no rule is given, or a value is not a rule
 *
 * @example
 * ```ts
 * @Rules(fresh({ maxAge: "5m" }), where((identity, req: Request) => identity.userId === req.params.id))
 * @Post("users/:id/payments")
 * pay() {}
 * ```
 */
export function Rules(...rules: readonly Rule[]): ClassDecorator & MethodDecorator {
  checkRules("@Rules()", rules, 1);
  return decorate({ recognition: "authenticate", scopes: [], rules });
}

/**
 * Gives a handler's parameter the identity; `null` behind {@link OptionalAuth} where the client showed no credential.
 * Give the parameter the type `Identity`, with the claims of your token profile.
 *
 * @throws TypeError when no guard of ours ran, as on a route with {@link Public}
 *
 * @example
 * ```ts
 * @Get("me")
 * me(@CurrentIdentity() { userId }: Identity) {
 *   return { id: userId };
 * }
 * ```
 */
export const CurrentIdentity: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Identity | null => recallLastIdentity(takeHttpRequest(context)),
);

/**
 * Reads what a route demands: the decorator of the route overrides that of its controller. The scopes of both are
 * checked together, so that a refusal names them all.
 */
export function readAccess(context: ExecutionContext): RouteAccess {
  const own = reflector.get<RouteAccess | undefined>(ACCESS, context.getHandler());
  const shared = reflector.get<RouteAccess | undefined>(ACCESS, context.getClass()) ?? REQUIRED;
  if (own === undefined) return shared;
  if (own.scopes.length === 0 && own.rules.length === 0) return own;
  return { ...own, scopes: [...shared.scopes, ...own.scopes], rules: [...shared.rules, ...own.rules] };
}

function decorate(access: RouteAccess): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { readonly value?: unknown }): void => {
    const decorated = (descriptor?.value ?? target) as () => unknown;
    if (reflector.get(ACCESS, decorated) !== undefined) {
      throw new TypeError(
        "@Public(), @OptionalAuth(), @Scopes() and @Rules() exclude each other: give a route or a class one of them, " +
          "and @Rules() the scopes too",
      );
    }
    SetMetadata(ACCESS, access)(decorated);
  };
}
