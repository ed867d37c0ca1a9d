import type { Authenticator, RevokingAuthenticator } from "../authenticator/create.ts";
import type { Guard } from "../authenticator/guard.ts";
import { checkMethods } from "../core/options.ts";

/** Refuses a guard that is none, when a route is built. */
export function checkGuard(guard: Guard): void {
  checkMethods("the guard", guard, ["authenticate", "authenticateOptional", "authorize"]);
}

/** Refuses an authenticator that is none, when a route is built. */
export function checkLogin(auth: Authenticator): void {
  checkMethods("the authenticator", auth, ["login"]);
}

/** Refuses an authenticator that could only pretend to log out, when a route is built. */
export function checkLogout(auth: RevokingAuthenticator): void {
  if (typeof auth?.logout !== "function") {
    throw new TypeError("logout needs an authenticator with a blocklist: createAuthenticator({ …, blocklist })");
  }
}
