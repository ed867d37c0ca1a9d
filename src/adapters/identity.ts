import { checkAll } from "../guard/check-rules.ts";
import type { Guard, Recognition } from "../guard/guard.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { answerAtOnce } from "../guard/immediate.ts";
import { type AuthorizationHeader, type AuthRequest, findExchange, markExchange } from "../guard/request.ts";
import type { Rule } from "../guard/rule.ts";
import { isThenable, refusePromise } from "../shared/promise.ts";
import { toGuardError } from "./thrown.ts";

export type { Recognition } from "../guard/guard.ts";

const REMEMBERED: unique symbol = Symbol.for("hallpass.pass") as never;

/** Who is asking, and the guard that found it. */
interface Remembered {
  readonly guard: Guard;
  readonly identity: Identity | null;
}

/** The object that a framework passes from one handler to the next. */
interface Holder {
  [REMEMBERED]?: Remembered;
  /** What {@link showIdentity} sets, and other libraries too. */
  auth?: unknown;
}

/**
 * Authenticates a request by a guard, and stores the identity on an object that belongs to this one request: the
 * framework's request, or the state that it passes on. {@link recallIdentity} reads it there. An identity that was
 * stored before is removed first.
 *
 * It returns a promise only if something has to be awaited, so that a cached token costs no turn of the event loop.
 * Likewise, a refusal is thrown at once, or the promise rejects. `await` in an async function handles all of these.
 * What is thrown is always an `Error`: any other value that a guard throws becomes the cause of a TypeError.
 *
 * @param recognition - `"authenticate"` refuses a request without a credential, `"authenticateOptional"` gives `null`
 * for it
 * @throws AuthError when the guard refuses
 * @throws TypeError when a guard that the application wrote answers with anything but an identity
 *
 * @example
 * ```ts
 * const identity = await identify(req, guard, "authenticate", req);
 * ```
 */
export function identify<Claims>(
  holder: object,
  guard: Guard<Claims>,
  recognition: "authenticate",
  request: AuthRequest | AuthorizationHeader,
): Identity<Claims> | Promise<Identity<Claims>>;
export function identify<Claims>(
  holder: object,
  guard: Guard<Claims>,
  recognition: Recognition,
  request: AuthRequest | AuthorizationHeader,
): Identity<Claims> | null | Promise<Identity<Claims> | null>;
export function identify(
  holder: object,
  guard: Guard,
  recognition: Recognition,
  request: AuthRequest | AuthorizationHeader,
): Identity | null | Promise<Identity | null> {
  try {
    forgetIdentity(holder);
    markExchange(request, findExchange(holder));
    const answer = answerAtOnce(guard, recognition);
    const found = answer === undefined ? askGuard(guard, recognition, request) : answer(request);
    return isThenable(found)
      ? waitForIdentity(holder, guard, recognition, found as Promise<Identity | null>)
      : rememberIdentity(holder, guard, recognition, found);
  } catch (thrown) {
    throw toGuardError(thrown);
  }
}

/** Asks any guard for a promise. A guard that the application wrote may throw at once, or answer without a promise. */
async function askGuard(
  guard: Guard,
  recognition: Recognition,
  request: AuthRequest | AuthorizationHeader,
): Promise<Identity | null> {
  return guard[recognition](request);
}

async function waitForIdentity(
  holder: object,
  guard: Guard,
  recognition: Recognition,
  finding: Promise<Identity | null>,
): Promise<Identity | null> {
  try {
    return rememberIdentity(holder, guard, recognition, await finding);
  } catch (thrown) {
    throw toGuardError(thrown);
  }
}

/** Removes the identity that a guard found before: if the next guard refuses, no identity must be left. */
function forgetIdentity(holder: Holder): void {
  const remembered = holder[REMEMBERED];
  if (remembered === undefined) return;
  delete holder[REMEMBERED];
  if (holder.auth === remembered.identity) showIdentity(holder, null);
}

const IDENTITY = "an identity, { userId, scopes, claims }, whose userId is a non-empty string and scopes a list";
const EXPECTED: Readonly<Record<Recognition, string>> = {
  authenticate: IDENTITY,
  authenticateOptional: `${IDENTITY}, or null`,
};

/**
 * Checks and stores a guard's answer. A guard that the application wrote may answer anything, and anything but an
 * identity lets nobody in.
 */
function rememberIdentity(
  holder: object,
  guard: Guard,
  recognition: Recognition,
  found: Identity | null,
): Identity | null {
  if (!isIdentity(found) && !(found === null && recognition === "authenticateOptional")) {
    throw new TypeError(`the guard's ${recognition} must answer with a promise of ${EXPECTED[recognition]}`);
  }
  (holder as Holder)[REMEMBERED] = { guard, identity: found };
  return found;
}

/**
 * Sets a request's `auth` to the identity, for handlers to read. Other libraries set that name, too, to values of other
 * types, and the last one wins. The stored identity is safe from them.
 */
export function showIdentity(request: object, identity: Identity | null): void {
  (request as { auth?: Identity | null }).auth = identity;
}

const NOT_ASKED = "optionalAuthOf: put optionalAuth with this same guard in front of this handler";
const NOBODY = "authOf(request, guard): put requireAuth with this same guard in front of this handler";

/**
 * Gives the identity that a guard found for a request.
 *
 * @throws TypeError when that guard found none, since it is not in front of the handler
 *
 * @example
 * ```ts
 * const { userId } = recallIdentity(req, guard);
 * ```
 */
export function recallIdentity<Claims>(holder: object, guard: Guard<Claims>): Identity<Claims> {
  const identity = recallRemembered(holder, guard)?.identity ?? null;
  if (identity === null) throw createAbsence(holder, guard, NOBODY);
  return identity as Identity<Claims>;
}

/**
 * Gives the identity that a guard found for a request; `null` where the client showed no credential.
 *
 * @throws TypeError when that guard was not asked, since it is not in front of the handler
 *
 * @example
 * ```ts
 * const userId = recallOptionalIdentity(req, guard)?.userId ?? "anonymous";
 * ```
 */
export function recallOptionalIdentity<Claims>(holder: object, guard: Guard<Claims>): Identity<Claims> | null {
  const remembered = recallRemembered(holder, guard);
  if (remembered === undefined) throw createAbsence(holder, guard, NOT_ASKED);
  return remembered.identity as Identity<Claims> | null;
}

/**
 * Gives the identity that the last guard found for a request, whichever guard that was.
 *
 * @throws TypeError when no guard was asked
 */
export function recallLastIdentity(holder: object): Identity | null {
  const remembered = (holder as Holder)[REMEMBERED];
  if (remembered === undefined) throw new TypeError("nobody asked who is there: put a guard in front of this handler");
  return remembered.identity;
}

function recallRemembered<Claims>(holder: object, guard: Guard<Claims>): Remembered | undefined {
  const remembered = (holder as Holder | null | undefined)?.[REMEMBERED];
  return remembered?.guard === guard ? remembered : undefined;
}

/** Creates the error for a request that a guard was not asked about. A promise in a place of these is named instead. */
function createAbsence(holder: unknown, guard: unknown, message: string): TypeError {
  for (const given of [holder, guard]) refusePromise("what authOf was given", given);
  return new TypeError(message);
}

/**
 * Checks rules for the stored identity of a request, by the guard that found it. Always `await` it, since a rule may be
 * asynchronous. If none is, it throws at once.
 *
 * @param request - what rules get: the framework's request
 * @throws AuthError the refusal of the first rule that refuses, or `missing_token` (401) where the client showed no
 * credential
 * @throws TypeError when no guard was asked, or when the guard's `authorize` answers anything but `undefined`
 *
 * @example
 * ```ts
 * await authorizeRules(req, [scopes("orders:write")], req);
 * ```
 */
export function authorizeRules<Request>(
  holder: object,
  rules: readonly Rule<Request>[],
  request: Request,
): void | Promise<void> {
  const remembered = (holder as Holder)[REMEMBERED];
  if (remembered === undefined) throw new TypeError("requireScope: put requireAuth or optionalAuth in front of it");
  const { guard, identity } = remembered;
  try {
    const verdict: unknown = guard.authorize(identity, bindRequest([...rules], request));
    if (isThenable(verdict)) return waitForVerdict(verdict);
    checkVerdict(verdict);
  } catch (thrown) {
    throw toGuardError(thrown);
  }
}

/** Combines rules into one that passes the request on to them. The guard's `authorize` does not get the request. */
function bindRequest<Request>(rules: readonly Rule<Request>[], request: Request): Rule {
  return { check: (identity, context) => checkAll(rules, identity, { ...context, request }) };
}

async function waitForVerdict(verdict: PromiseLike<unknown>): Promise<void> {
  try {
    checkVerdict(await verdict);
  } catch (thrown) {
    throw toGuardError(thrown);
  }
}

/**
 * Throws if a guard's `authorize` returned something. A guard refuses by throwing, and one that returns `false` must
 * not let anybody pass.
 */
function checkVerdict(verdict: unknown): void {
  if (verdict !== undefined)
    throw new TypeError("the guard's authorize must throw where it refuses, and answer nothing");
}

/** What a route demands of a request. */
export interface Access<Request> {
  readonly guard: Guard;
  readonly recognition: Recognition;
  readonly rules: readonly Rule<Request>[];
}

/**
 * Authenticates a request and stores the identity as {@link identify} does, and checks rules. It returns a promise only
 * if something has to be awaited.
 *
 * @param request - the framework's request, which rules get
 */
export function admitRequest<Request>(
  holder: object,
  { guard, recognition, rules }: Access<Request>,
  authRequest: AuthRequest | AuthorizationHeader,
  request: Request,
): Identity | null | Promise<Identity | null> {
  const found = identify(holder, guard, recognition, authRequest);
  if (rules.length === 0) return found;
  if (isThenable(found)) return admitInTime(holder, rules, found as Promise<Identity | null>, request);
  const pending = authorizeRules(holder, rules, request);
  return pending === undefined ? found : pending.then(() => found);
}

async function admitInTime<Request>(
  holder: object,
  rules: readonly Rule<Request>[],
  finding: Promise<Identity | null>,
  request: Request,
): Promise<Identity | null> {
  const found = await finding;
  await authorizeRules(holder, rules, request);
  return found;
}
