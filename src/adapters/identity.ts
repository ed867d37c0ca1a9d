import { checkAll } from "../guard/check-rules.ts";
import type { Guard, Recognition } from "../guard/guard.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { immediateAnswer } from "../guard/immediate.ts";
import { type AuthorizationHeader, type AuthRequest, findExchange, markExchange } from "../guard/request.ts";
import type { Rule } from "../guard/rule.ts";
import { isThenable } from "../shared/promise.ts";
import { toError } from "./thrown.ts";

export type { Recognition } from "../guard/guard.ts";

const REMEMBERED: unique symbol = Symbol.for("hallpass.pass") as never;

/** Who is asking, and the guard that said so. */
interface Remembered {
  readonly guard: Guard;
  readonly identity: Identity | null;
}

/** Whatever a framework hands from one handler to the next. */
interface Holder {
  [REMEMBERED]?: Remembered;
  /** What {@link showIdentity} sets, and other libraries too. */
  auth?: unknown;
}

/**
 * Asks a guard who is asking, and remembers the answer on an object that belongs to this one request: the framework's
 * request, or the state that it hands on. {@link recallIdentity} reads it there. What was remembered before is
 * forgotten first.
 *
 * The answer is a promise only where somebody has to be waited for, so that a known token costs no turn of the event
 * loop. A refusal comes in the same way: it is thrown at once, or the promise rejects. `await` in an async function
 * takes all of these. What is thrown is always an error: anything else that a guard throws is the cause of a TypeError.
 *
 * @param recognition - `"authenticate"` refuses a request without a credential, `"authenticateOptional"` gives `null`
 * for it
 * @throws AuthError when the guard refuses
 * @throws TypeError when a guard of the application's own making answers with no identity
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
    const answer = immediateAnswer(guard, recognition);
    const found = answer === undefined ? askGuard(guard, recognition, request) : answer(request);
    return isThenable(found)
      ? waitForIdentity(holder, guard, recognition, found as Promise<Identity | null>)
      : rememberIdentity(holder, guard, recognition, found);
  } catch (thrown) {
    throw toError(thrown);
  }
}

/** Asks a guard of the application's own making too, which may throw at once, or answer without a promise. */
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
    throw toError(thrown);
  }
}

/** Forgets whom a guard found before: where the next one refuses, nobody must be there. */
function forgetIdentity(holder: Holder): void {
  const remembered = holder[REMEMBERED];
  if (remembered === undefined) return;
  delete holder[REMEMBERED];
  if (holder.auth === remembered.identity) showIdentity(holder, null);
}

/** A guard of the application's own making may answer anything. What is no identity lets nobody in. */
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

const IDENTITY = "an identity, { userId, scopes, claims }, whose userId is a non-empty string and scopes a list";
const EXPECTED: Readonly<Record<Recognition, string>> = {
  authenticate: IDENTITY,
  authenticateOptional: `${IDENTITY}, or null`,
};

/**
 * Shows who is asking as a request's `auth`, for handlers to read. Other libraries set that name too, to values of
 * other types, and the last one wins. The remembered identity is safe from them.
 */
export function showIdentity(request: object, identity: Identity | null): void {
  (request as { auth?: Identity | null }).auth = identity;
}

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
  const identity = recall(holder, guard)?.identity ?? null;
  if (identity === null) throw new TypeError("authOf: put requireAuth with this same guard in front of this handler");
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
  const remembered = recall(holder, guard);
  if (remembered === undefined) {
    throw new TypeError("optionalAuthOf: put optionalAuth with this same guard in front of this handler");
  }
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

function recall<Claims>(holder: object, guard: Guard<Claims>): Remembered | undefined {
  const remembered = (holder as Holder)[REMEMBERED];
  return remembered?.guard === guard ? remembered : undefined;
}

/**
 * Holds the remembered identity of a request against rules, by the guard that found it. Always `await` it: a rule may
 * have to ask somebody. Where there is nothing to wait for, it throws at once.
 *
 * @param request - what rules are given: the framework's request
 * @throws AuthError what the first rule that says no refuses with, or `missing_token` (401) where the client showed no
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
    throw toError(thrown);
  }
}

/** Makes one rule of all, told of a request. A guard does not know it any more when it is asked about an identity. */
function bindRequest<Request>(rules: readonly Rule<Request>[], request: Request): Rule {
  return { check: (identity, context) => checkAll(rules, identity, { ...context, request }) };
}

async function waitForVerdict(verdict: PromiseLike<unknown>): Promise<void> {
  try {
    checkVerdict(await verdict);
  } catch (thrown) {
    throw toError(thrown);
  }
}

/** A guard says no by an error. Whoever answers `false` means no, too, and any other answer may mean anything. */
function checkVerdict(verdict: unknown): void {
  if (verdict !== undefined)
    throw new TypeError("the guard's authorize must throw where it refuses, and answer nothing");
}

/** What a route asks of a request. */
export interface Access<Request> {
  readonly guard: Guard;
  readonly recognition: Recognition;
  readonly rules: readonly Rule<Request>[];
}

/**
 * Asks who is asking, remembers it as {@link identify} does, and holds it against rules. The answer is a promise only
 * where somebody has to be waited for.
 *
 * @param request - the framework's request, which rules are given
 */
export function admit<Request>(
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
