import { KEY, type VerifyingKey } from "../keys/key.ts";
import { readClock } from "../time.ts";
import { type CheckedClaims, checkClaims, checkTimes } from "./claims.ts";
import { type Compact, checkSpelling, invalidToken, readObject, splitToken } from "./compact.ts";
import { freezeDeep } from "./freeze.ts";
import { type ClaimsOf, internalsOf, type ProfileInternals, type TokenProfile } from "./profile.ts";
import { type ClaimsSchema, pathsOf, validate } from "./schema.ts";

/**
 * Verifies a token against a profile (RFC 7519 §7.2, RFC 8725): its spelling, its header, the signature by one of the
 * profile's keys, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf`, and the profile's schema. Nothing of the payload is read
 * before the signature holds.
 *
 * A token that the profile remembers (`cacheSize`) is held to its times again, and to the schema.
 *
 * @returns the claims: the schema's output beside what the profile checked; without a schema, all of them, frozen
 * @throws AuthError `invalid_token`, or `expired` for a token that was good once (both 401); `cause` says which check failed
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
  const internals = internalsOf("verifyToken", profile) as ProfileInternals<ClaimsSchema | undefined>;
  const { threadPool, schema } = internals;
  const claims = threadPool ? await openTokenInPool(token, internals) : openToken(token, internals);
  return (schema === undefined ? claims : await shapeClaims(claims, schema)) as ClaimsOf<Profile>;
}

/** The claims of a token that the profile remembers, if their time is now; `undefined` for any other token. */
export function recallToken(token: unknown, internals: ProfileInternals<unknown>): CheckedClaims | undefined {
  const known = typeof token === "string" ? internals.cache?.get(token) : undefined;
  if (known !== undefined) checkTimes(known, internals, readClock(internals.now) / 1_000);
  return known;
}

/** The part of verifying that needs nobody: all but the schema. */
export function openToken(token: unknown, internals: ProfileInternals<unknown>): CheckedClaims {
  const known = recallToken(token, internals);
  if (known !== undefined) return known;
  const parts = splitToken(token, internals.maxBytes);
  const keys = internals.headers.keysFor(parts);
  let isSigned = false;
  for (const key of keys) isSigned ||= key[KEY].verify(parts.token, parts.end);
  return admit(isSigned, parts, keys, internals);
}

/** Does the same with the signature checked in the thread pool. */
export async function openTokenInPool(token: unknown, internals: ProfileInternals<unknown>): Promise<CheckedClaims> {
  const known = recallToken(token, internals);
  if (known !== undefined) return known;
  const parts = splitToken(token, internals.maxBytes);
  const keys = internals.headers.keysFor(parts);
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
    checkSpelling(parts); // whose complaint says more
    throw invalidToken("the signature does not hold");
  }
  internals.headers.accept(parts.header, keys);
  const claims = checkClaims(freezeDeep(readObject(parts, "payload")), internals, readClock(internals.now));
  internals.cache?.add(parts.token, claims);
  return claims;
}

/** Hands the application's claims to the profile's schema, and what the profile checked around it. */
export async function shapeClaims(checked: CheckedClaims, schema: ClaimsSchema): Promise<object> {
  const { iss, aud, exp, iat, jti, ...given } = checked;
  const result = await validate(schema, given);
  if (result.issues !== undefined) {
    throw invalidToken(`the claims don't fit the profile's schema at: ${pathsOf(result.issues)}`);
  }
  const { sub, scope, sid, nbf } = given;
  // What a schema doesn't name it may drop, but not what the flow rests on.
  return withoutAbsent({ sub, scope, sid, nbf, ...(result.value as object), iss, aud, exp, iat, jti });
}

function withoutAbsent(claims: object): object {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
