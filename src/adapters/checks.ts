import { describeValue } from "../shared/describe.ts";
import { refusePromise } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";

/**
 * Refuses a value that is not a guard, when a route is built.
 *
 * @param verb - the function that takes the guard, such as `"requireAuth"`, which the message names
 * @param extra - the arguments after the guard, which are refused, too
 * @throws TypeError that says what was given and what to make
 */
export function checkGuard(verb: string, guard: unknown, extra: readonly unknown[] = []): void {
  refuseRequest(verb, guard);
  checkNothingElse(verb, extra);
  if (isGuard(guard)) return;
  const found = isTokenProfile(guard)
    ? "a token profile: make a guard of it with createGuard({ token })"
    : describeGiven(guard);
  throw new TypeError(`${verb} takes what createGuard or createAuthenticator makes; it was given ${found}`);
}

/** Tells whether a value has the methods of a guard. */
export function isGuard(value: unknown): boolean {
  return has(value, "authenticate") && has(value, "authenticateOptional") && has(value, "authorize");
}

/** What each handler needs of an authenticator beside `login`, and how to make one that has it. */
const NEEDS = {
  login: "an authenticator",
  logout: "an authenticator with a blocklist or sessions: createAuthenticator({ …, blocklist })",
  refresh: "an authenticator with sessions: createAuthenticator({ …, refresh: { store } })",
  changePassword: "an authenticator with a blocklist or sessions, to end those there are",
  session: "an authenticator with startSession",
  revoke: "an authenticator with a blocklist or sessions: createAuthenticator({ …, blocklist })",
} as const;

/** Most handlers call the method of their own name. These call another one. */
const METHODS: Readonly<Record<string, string>> = { session: "startSession", revoke: "logout" };

/**
 * Refuses a value that is not an authenticator, or lacks the method that a handler calls, when a route is built.
 *
 * @param extra - the arguments after the authenticator, which are refused, too
 */
export function checkAuthenticator(verb: keyof typeof NEEDS, auth: unknown, extra: readonly unknown[] = []): void {
  refuseRequest(verb, auth);
  checkNothingElse(verb, extra);
  if (has(auth, "login") && has(auth, METHODS[verb] ?? verb)) return;
  if (has(auth, "login")) throw new TypeError(`${verb} needs ${NEEDS[verb]}`);
  const found = isTokenProfile(auth)
    ? "a token profile: make an authenticator of it with createAuthenticator({ token, users })"
    : has(auth, "authenticate")
      ? `a guard, which has no ${METHODS[verb] ?? verb}: make an authenticator with createAuthenticator`
      : describeGiven(auth);
  throw new TypeError(`${verb} takes what createAuthenticator makes; it was given ${found}`);
}

/** Refuses a value that is not a status list, when a route is built. */
export function checkStatusList(verb: string, statusList: unknown): void {
  refuseRequest(verb, statusList, "list");
  if (has(statusList, "publish")) return;
  throw new TypeError(`${verb} takes what createStatusList makes; it was given ${describeGiven(statusList)}`);
}

/** Refuses arguments that would be ignored. Otherwise a rule that is given to `optionalAuth` would let everybody in. */
export function checkNothingElse(verb: string, extra: readonly unknown[], remedy: string = "requireAuth"): void {
  if (extra.length === 0) return;
  throw new TypeError(`${verb} was given an argument too many; rules are for ${remedy}`);
}

/**
 * Refuses a framework's request. This happens when a route is given `login` instead of `login(auth)`.
 *
 * @param takes - what the function takes, for the message
 */
export function refuseRequest(verb: string, value: unknown, takes: string = "auth"): void {
  refusePromise(`what ${verb} was given`, value);
  const isRequest = typeof (value as { readonly headers?: unknown } | null | undefined)?.headers === "object";
  if (isRequest) throw new TypeError(`call ${verb} when the route is built: ${verb}(${takes})`);
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function";
}

function describeGiven(value: unknown): string {
  return value === undefined ? "nothing" : describeValue(value);
}

/** The mark of a profile. Importing `isProfile` would load the whole engine of tokens with each adapter. */
const PROFILE = Symbol.for("hallpass.tokenProfile");

function isTokenProfile(value: unknown): boolean {
  return readMark(value, PROFILE) !== undefined;
}
