import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { Guard } from "../guard/guard.ts";
import { checkMethods } from "../shared/options.ts";

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
    throw new TypeError(
      "logout needs an authenticator with a blocklist or sessions: createAuthenticator({ …, blocklist })",
    );
  }
}

/** Refuses an authenticator without sessions, when a route is built. */
export function checkRefresh(auth: SessionAuthenticator): void {
  if (typeof auth?.refresh !== "function") {
    throw new TypeError("refresh needs an authenticator with sessions: createAuthenticator({ …, refresh: { store } })");
  }
}

/** Refuses an authenticator that could not end the sessions of before, when a route is built. */
export function checkChangePassword(auth: RevokingAuthenticator): void {
  if (typeof auth?.changePassword !== "function") {
    throw new TypeError("changePassword needs an authenticator with a blocklist or sessions, to end those there are");
  }
}
