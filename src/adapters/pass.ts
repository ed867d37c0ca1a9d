import type { Guard } from "../authenticator/guard.ts";
import type { Identity } from "../authenticator/identity.ts";

const PASS: unique symbol = Symbol.for("hallpass.pass") as never;

interface Pass {
  readonly guard: Guard;
  readonly identity: Identity | null;
}

/** Whatever a framework hands from one handler to the next. */
interface Holder {
  [PASS]?: Pass;
}

/** Notes on a request who is asking, and which guard said so. */
export function leavePass(holder: object, guard: Guard, identity: Identity | null): void {
  (holder as Holder)[PASS] = { guard, identity };
}

/** The identity that a guard found, or a configuration error where that guard never ran. */
export function identityFrom<Claims>(holder: object, guard: Guard<Claims>): Identity<Claims> {
  const pass = (holder as Holder)[PASS];
  if (pass?.guard !== guard || pass.identity === null) {
    throw new TypeError("authOf: put requireAuth with this same guard in front of this handler");
  }
  return pass.identity as Identity<Claims>;
}

/** Holds a request's identity against scopes, by the guard that found it. */
export function authorizePass(holder: object, scopes: readonly string[]): void {
  const pass = (holder as Holder)[PASS];
  if (pass === undefined) throw new TypeError("requireScope: put requireAuth or optionalAuth in front of it");
  pass.guard.authorize(pass.identity, scopes);
}

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Refuses what can't be a scope (RFC 6749 §3.3), when a route is built. */
export function checkScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0 || !scopes.every((scope) => typeof scope === "string" && SCOPE.test(scope))) {
    throw new TypeError('requireScope takes one or more scopes, such as "orders:read", each a string without spaces');
  }
  return scopes;
}
