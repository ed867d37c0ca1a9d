import { createParamDecorator, type ExecutionContext, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Identity } from "../../guard/identity.ts";
import { checkNothingElse } from "../checks.ts";
import { checkScopes, type Recognition, recallLastIdentity } from "../identity.ts";
import { takeHttpRequest } from "./http.ts";

/** What a route asks for: `null` asks nobody who is there. */
export interface Access {
  readonly recognition: Recognition | null;
  readonly scopes: readonly string[];
}

const ACCESS = "hallpass:access";
const REQUIRED: Access = { recognition: "authenticate", scopes: [] };
const reflector = new Reflector();

/**
 * Lets every request pass, whatever credential it carries, and asks nobody who is there. For a route or a controller.
 *
 * @example
 * ```ts
 * @Public()
 * @Get("health")
 * health() {}
 * ```
 */
export function Public(...extra: []): ClassDecorator & MethodDecorator {
  checkNothingElse("@Public()", extra, "@Scopes()");
  return decorate({ recognition: null, scopes: [] });
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
  checkNothingElse("@OptionalAuth()", extra, "@Scopes()");
  return decorate({ recognition: "authenticateOptional", scopes: [] });
}

/**
 * Lets only requests pass whose token has all the scopes. For a route or a controller. A route's scopes are asked for
 * beside those of its controller.
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
  checkScopes(scopes);
  return decorate({ recognition: "authenticate", scopes });
}

/**
 * Gives a handler's parameter who is asking; `null` behind {@link OptionalAuth} where the client showed no credential.
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

/** Reads what a route asks for: what is written at the route counts before what is written at its controller. */
export function readAccess(context: ExecutionContext): Access {
  const own = reflector.get<Access | undefined>(ACCESS, context.getHandler());
  const shared = reflector.get<Access | undefined>(ACCESS, context.getClass()) ?? REQUIRED;
  if (own === undefined) return shared;
  return own.scopes.length === 0 ? own : { ...own, scopes: [...shared.scopes, ...own.scopes] };
}

function decorate(access: Access): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { readonly value?: unknown }): void => {
    const decorated = (descriptor?.value ?? target) as () => unknown;
    if (reflector.get(ACCESS, decorated) !== undefined) {
      throw new TypeError(
        "@Public(), @OptionalAuth() and @Scopes() exclude each other: give a route or a class one of them",
      );
    }
    SetMetadata(ACCESS, access)(decorated);
  };
}
