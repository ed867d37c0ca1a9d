import { AuthError, isAuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { isOutage } from "../store-calls/outage.ts";
import type { Guard, GuardAnswer } from "./guard.ts";
import { type Identity, isIdentity } from "./identity.ts";
import { findInspector, keepInspector } from "./inspection.ts";
import { joinTakers, keepTaker, refuseSeveral } from "./several.ts";
import { keepTokenSources, listTokenSources } from "./shared-tokens.ts";

/** The claims of any of several guards. */
export type ClaimsOfGuards<Guards extends readonly Guard[]> =
  Guards[number] extends Guard<infer Claims> ? Claims : never;

const MISSING = "missing_token";
const CHALLENGE = "WWW-Authenticate";

/**
 * Combines several guards into one. They are asked in order until one authenticates the request. That guard then
 * authorizes the identity, too.
 *
 * If none does, the request is refused with 503 if any guard met an outage, and otherwise with the first refusal of a
 * credential. If it shows no credential to any of them, the answer has the challenges of all. A request that shows two
 * credentials is refused with 400 (RFC 6750 §2), even if each is for another guard. Two cookies are allowed.
 *
 * @throws TypeError when no guard is given, or a value is not a guard
 *
 * @example
 * ```ts
 * app.get("/report", requireAuth(anyOf(staff, partners)), showReport);
 * ```
 */
export function anyOf<Guards extends readonly Guard[]>(...guards: Guards): Guard<ClaimsOfGuards<Guards>> {
  const fit = guards.length > 0 && guards.every(isAlternative);
  assert(fit, "anyOf takes guards, as createGuard makes them");
  const finders = new WeakMap<Identity, Guard>();
  const taker = joinTakers(guards);

  const find = async (
    request: Parameters<GuardAnswer<unknown>>[0],
    findMethod: (guard: Guard) => Guard["authenticate"] = findAuthenticate,
  ): Promise<Identity<ClaimsOfGuards<Guards>> | AuthError[]> => {
    if (taker !== undefined) refuseSeveral(taker, request);
    const refusals: AuthError[] = [];
    for (const guard of guards) {
      try {
        const identity = await findMethod(guard)(request);
        if (!isIdentity(identity)) throw new TypeError("anyOf: a guard's authenticate must answer with an identity");
        finders.set(identity, guard);
        return identity as Identity<ClaimsOfGuards<Guards>>;
      } catch (error) {
        if (!isAuthError(error)) throw error;
        refusals.push(error);
      }
    }
    return refusals;
  };

  const bindMethod =
    (findMethod?: (guard: Guard) => Guard["authenticate"]): Guard<ClaimsOfGuards<Guards>>["authenticate"] =>
    async (request) => {
      const found = await find(request, findMethod);
      if (!Array.isArray(found)) return found;
      throw chooseRefusal(found) ?? joinChallenges(found);
    };

  const any = Object.freeze({
    authenticate: bindMethod(),
    async authenticateOptional(request) {
      const found = await find(request);
      if (!Array.isArray(found)) return found;
      const refusal = chooseRefusal(found);
      if (refusal !== undefined) throw refusal;
      return null;
    },
    authorize(identity, ...rules) {
      const finder = identity === null ? guards[0] : finders.get(identity);
      assert(finder !== undefined, "authorize takes the identity that authenticate of this same guard gave: await it");
      return finder.authorize(identity, ...rules);
    },
  } satisfies Guard<ClaimsOfGuards<Guards>>);
  keepTokenSources(any, guards.flatMap(listTokenSources));
  keepInspector(any, bindMethod(findInspector));
  if (taker !== undefined) keepTaker(any, taker);
  return any;
}

function findAuthenticate(guard: Guard): Guard["authenticate"] {
  return (request) => guard.authenticate(request);
}

function isAlternative(value: unknown): boolean {
  const { authenticate, authorize } = (value ?? {}) as Partial<Guard>;
  return typeof authenticate === "function" && typeof authorize === "function";
}

/** Chooses the refusal to throw; `undefined` if no guard was shown a credential. */
function chooseRefusal(refusals: readonly AuthError[]): AuthError | undefined {
  return refusals.find(isOutage) ?? refusals.find(({ code }) => code !== MISSING);
}

function joinChallenges(refusals: readonly AuthError[]): AuthError {
  const challenges = new Set(refusals.map(({ headers }) => headers[CHALLENGE]).filter((it) => it !== undefined));
  return new AuthError(MISSING, { headers: { [CHALLENGE]: [...challenges].join(", ") } });
}
