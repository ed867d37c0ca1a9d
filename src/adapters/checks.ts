import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { Guard } from "../guard/guard.ts";
import { finding } from "../shared/finding.ts";
import { markOf } from "../shared/read.ts";

/** Refuses what is no guard when a route is built. */
export function checkGuard(verb: string, guard: Guard): void {
  if (has(guard, "authenticate") && has(guard, "authenticateOptional") && has(guard, "authorize")) return;
  const found = isTokenProfile(guard)
    ? "a token profile: make a guard of it with createGuard({ token })"
    : describe(guard);
  throw new TypeError(`${verb} takes what createGuard or createAuthenticator makes; it was given ${found}`);
}

/** Refuses what is no authenticator when a route is built. */
export function checkLogin(auth: Authenticator): void {
  checkAuthenticator("login", auth);
}

/** Refuses an authenticator that could only pretend to log out when a route is built. */
export function checkLogout(auth: RevokingAuthenticator): void {
  checkAuthenticator("logout", auth);
  if (has(auth, "logout")) return;
  throw new TypeError(
    "logout needs an authenticator with a blocklist or sessions: createAuthenticator({ …, blocklist })",
  );
}

/** Refuses an authenticator without sessions when a route is built. */
export function checkRefresh(auth: SessionAuthenticator): void {
  checkAuthenticator("refresh", auth);
  if (has(auth, "refresh")) return;
  throw new TypeError("refresh needs an authenticator with sessions: createAuthenticator({ …, refresh: { store } })");
}

/** Refuses an authenticator that could not end a user's sessions when a route is built. */
export function checkChangePassword(auth: RevokingAuthenticator): void {
  checkAuthenticator("changePassword", auth);
  if (has(auth, "changePassword")) return;
  throw new TypeError("changePassword needs an authenticator with a blocklist or sessions, to end those there are");
}

function checkAuthenticator(verb: string, auth: Authenticator): void {
  if (has(auth, "login")) return;
  const found = isTokenProfile(auth)
    ? "a token profile: make an authenticator of it with createAuthenticator({ token, users })"
    : has(auth, "authenticate")
      ? `a guard, which has no ${verb}: make an authenticator with createAuthenticator`
      : describe(auth);
  throw new TypeError(`${verb} takes what createAuthenticator makes; it was given ${found}`);
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function";
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : finding(value);
}

/** The mark of a profile. To import `isProfile` would load the whole engine of tokens with each adapter. */
const PROFILE = Symbol.for("hallpass.tokenProfile");

function isTokenProfile(value: unknown): boolean {
  return markOf(value, PROFILE) !== undefined;
}
