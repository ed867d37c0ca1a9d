import { KEY, type VerifyingKey } from "../keys/key.ts";
import { readClock } from "../time.ts";
import { type CheckedClaims, checkClaims, checkTimes, type FlowClaims } from "./claims.ts";
import { type Compact, checkSpelling, invalidToken, readObject, splitToken } from "./compact.ts";
import { freezeDeep } from "./freeze.ts";
import { type ClaimsOf, type ProfileInternals, readInternals, type TokenProfile } from "./profile.ts";
import { type ClaimsSchema, listPaths, validate } from "./schema.ts";

/**
 * Verifies a token against a profile (RFC 7519 §7.2, RFC 8725): its spelling, its header, the signature by one of the
 * profile's keys, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf`, and the profile's schema. The payload is not read before
 * the signature is known to be good.
 *
 * A profile remembers tokens that it verified (`cacheSize`). Their times and the schema are checked at each call.
 *
 * @returns the claims: the schema's output beside what the profile checked; without a schema, all of them, frozen
 * @throws AuthError `invalid_token`, or `expired` for a token that was good once (both 401); `cause` says which check
 *   failed
 * @throws TypeError when the profile is none, its clock tells no time, or its schema throws
 *
 * @example
 * ```ts
 * const claims = await verifyToken(token, accessToken);
 * console.log(claims.sub);
 * ```
 */
export async function verifyToken<Profile extends TokenProfile>(
  token: string,
  profile: Profile,
): Promise<ClaimsOf<Profile>> {
  const internals = readInternals("verifyToken", profile) as ProfileInternals<ClaimsSchema | undefined>;
  const { threadPool, schema } = internals;
  const claims =
    recallToken(token, internals) ??
    (threadPool ? await openTokenInPool(token, internals) : openToken(token, internals));
  return (schema === undefined ? claims : await shapeClaims(claims, schema)) as ClaimsOf<Profile>;
}

/**
 * Gives the claims of a token that the profile remembers. `undefined` for any other token.
 *
 * @throws AuthError when the token's time is over, or has not come
 */
export function recallToken(token: unknown, internals: ProfileInternals<unknown>): CheckedClaims | undefined {
  const known = typeof token === "string" ? internals.cache?.get(token) : undefined;
  if (known === undefined) {
    internals.lookups.misses += 1;
    return undefined;
  }
  internals.lookups.hits += 1;
  checkTimes(known, internals, readClock(internals.now) / 1_000);
  return known;
}

/** Verifies a token that is not remembered, but for the profile's schema, without waiting for anything. */
export function openToken(token: unknown, internals: ProfileInternals<unknown>): CheckedClaims {
  const parts = splitToken(token, internals.maxBytes);
  const keys = internals.headers.findKeys(parts);
  let isSigned = false;
  for (const key of keys) isSigned ||= key[KEY].verify(parts.token, parts.end);
  return admit(isSigned, parts, keys, internals);
}

/** Verifies as {@link openToken} does, and has the signature checked in the thread pool. */
export async function openTokenInPool(token: unknown, internals: ProfileInternals<unknown>): Promise<CheckedClaims> {
  const parts = splitToken(token, internals.maxBytes);
  const keys = internals.headers.findKeys(parts);
  let isSigned = false;
  for (const key of keys) {
    const { verify, verifyInPool = verify } = key[KEY];
    isSigned ||= await verifyInPool(parts.token, parts.end);
  }
  return admit(isSigned, parts, keys, internals);
}

function admit(
  holds: boolean,
  parts: Compact,
  keys: readonly VerifyingKey[],
  internals: ProfileInternals<unknown>,
): CheckedClaims {
  if (!holds) {
    checkSpelling(parts); // A misspelt token has a cause that says more.
    throw invalidToken("the signature does not hold");
  }
  internals.headers.accept(parts.header, keys);
  const claims = checkClaims(freezeDeep(readObject(parts, "payload")), internals, readClock(internals.now));
  internals.cache?.add(parts.token, claims);
  return claims;
}

/** The claims that the flow needs, whatever a schema makes of the others. */
const FLOW_CLAIMS: readonly (keyof FlowClaims)[] = ["sub", "scope", "sid", "nbf", "auth_time", "amr", "acr", "cnf"];

/**
 * Lets the profile's schema check the application's claims. It does not see the claims that the profile checks, which
 * the result has beside the schema's output.
 */
export async function shapeClaims(checked: CheckedClaims, schema: ClaimsSchema): Promise<object> {
  const { iss, aud, exp, iat, jti, ...given } = checked;
  const result = await validate(schema, given);
  if (result.issues !== undefined) {
    throw invalidToken(`the claims don't fit the profile's schema at: ${listPaths(result.issues)}`);
  }
  // A schema drops what it does not name.
  const flow = Object.fromEntries(FLOW_CLAIMS.map((name) => [name, given[name]]));
  return dropUndefined({ ...flow, ...(result.value as object), iss, aud, exp, iat, jti });
}

function dropUndefined(claims: object): object {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
