import { isThenable } from "../../shared/promise.ts";
import type { AuthError } from "../errors.ts";
import { KEY, type VerifyingKey } from "../keys/key.ts";
import { readClock } from "../time.ts";
import { type CheckedClaims, checkClaims, checkTimes, type FlowClaims, refuseOtherIssuer } from "./claims.ts";
import { type Compact, checkSpelling, createTokenError, readObject, splitToken } from "./compact.ts";
import { freezeDeep } from "./freeze.ts";
import { explainUnknownKey, readTokenHeader } from "./header.ts";
import { type ClaimsOf, type ProfileInternals, readInternals, type TokenProfile } from "./profile.ts";
import type { KeyState } from "./profile-keys.ts";
import { type ClaimsSchema, listPaths, validate } from "./schema.ts";

/**
 * Verifies a token against a profile (RFC 7519 §7.2, RFC 8725): its spelling, its header, the signature by one of the
 * profile's keys, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf`, and the profile's schema. The payload is not read before
 * the signature is verified.
 *
 * A profile remembers tokens that it verified (`cacheSize`). Their times, the status and the schema are checked at each
 * call.
 *
 * @returns the claims: the schema's output beside what the profile checked; without a schema, all of them, frozen
 * @throws AuthError `invalid_token`, or `expired` for a token that was good once (both 401); `cause` says which check
 *   failed. Where the profile checks the `status`: `revoked` (401), and `unavailable` (503) where it can't be found out
 * @throws TypeError when `profile` is not a profile, its clock gives no time, or its schema throws
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
  const { schema, status } = internals;
  const opened = recallToken(token, internals) ?? openToken(token, internals);
  const claims = isThenable(opened) ? await opened : opened; // A needless await would take a tenth of the whole.
  if (status !== undefined) await status.check(claims);
  return (schema === undefined ? claims : await shapeClaims(claims, schema)) as ClaimsOf<Profile>;
}

/**
 * Gives the claims of a token that the profile remembers. `undefined` for any other token.
 *
 * @throws AuthError when the token has expired, or is not valid yet
 */
export function recallToken(token: unknown, internals: ProfileInternals<unknown>): CheckedClaims | undefined {
  const time = readClock(internals.now);
  const known = typeof token === "string" ? internals.keys.current(time)?.cache?.get(token) : undefined;
  if (known === undefined) {
    internals.lookups.misses += 1;
    return undefined;
  }
  internals.lookups.hits += 1;
  checkTimes(known, internals, time / 1_000);
  return known;
}

/**
 * Verifies a token that is not remembered, except for the status and the schema. It returns a promise only where it
 * waits for the thread pool or for remote keys.
 */
export function openToken(
  token: unknown,
  internals: ProfileInternals<unknown>,
): CheckedClaims | Promise<CheckedClaims> {
  const parts = splitToken(token, internals.maxBytes);
  return openWithKnownKeys(parts, internals) ?? openWithFetchedKeys(parts, internals);
}

/** Verifies a token by the keys that are known; `null` where none of them fits it. */
function openWithKnownKeys(
  parts: Compact,
  internals: ProfileInternals<unknown>,
): CheckedClaims | Promise<CheckedClaims> | null {
  const state = internals.keys.current();
  const keys = state?.headers.findKeys(parts) ?? [];
  return state === null || keys.length === 0 ? null : verifySignature(parts, keys, state, internals);
}

/**
 * Verifies a token by keys that are still to be fetched, if the profile has remote keys. No keys are fetched for a
 * token that names another issuer: otherwise anybody could cause fetches with made-up tokens.
 */
function openWithFetchedKeys(parts: Compact, internals: ProfileInternals<unknown>): Promise<CheckedClaims> {
  const { keys: profileKeys, types } = internals;
  const signedBy = readTokenHeader(parts, types);
  const refuse = (): AuthError => explainUnknownKey(signedBy, profileKeys.current()?.set.keys ?? []);
  if (profileKeys.remote === null) throw refuse();
  refuseOtherIssuer(readObject(parts, "payload"), internals);
  return profileKeys.remote.find(signedBy.alg, refuse, () => openWithKnownKeys(parts, internals));
}

function verifySignature(
  parts: Compact,
  keys: readonly VerifyingKey[],
  state: KeyState,
  internals: ProfileInternals<unknown>,
): CheckedClaims | Promise<CheckedClaims> {
  if (internals.threadPool) return openInPool(parts, keys, state, internals);
  const isSigned = keys.some((key) => key[KEY].verify(parts.token, parts.end));
  return admitToken(isSigned, parts, keys, state, internals);
}

async function openInPool(
  parts: Compact,
  keys: readonly VerifyingKey[],
  state: KeyState,
  internals: ProfileInternals<unknown>,
): Promise<CheckedClaims> {
  let isSigned = false;
  for (const key of keys) {
    const { verify, verifyInPool = verify } = key[KEY];
    isSigned ||= await verifyInPool(parts.token, parts.end);
  }
  // The key may have been removed while the signature was checked.
  if (internals.keys.current() !== state) return openToken(parts.token, internals);
  return admitToken(isSigned, parts, keys, state, internals);
}

function admitToken(
  holds: boolean,
  parts: Compact,
  keys: readonly VerifyingKey[],
  { headers, cache }: KeyState,
  internals: ProfileInternals<unknown>,
): CheckedClaims {
  if (!holds) {
    checkSpelling(parts); // For a misspelt token, this throws a cause that says more.
    throw createTokenError("the signature does not hold");
  }
  headers.accept(parts.header, keys);
  const claims = checkClaims(freezeDeep(readObject(parts, "payload")), internals, readClock(internals.now));
  cache?.add(parts.token, claims);
  return claims;
}

/** The claims that the flow needs, whatever a schema makes of the others. */
const FLOW_CLAIMS: readonly (keyof FlowClaims)[] = ["sub", "scope", "sid", "nbf", "auth_time", "amr", "acr", "cnf"];

/**
 * Checks the application's claims with the profile's schema. The schema does not see the claims that the profile
 * checks. The result has these claims and the schema's output.
 */
export async function shapeClaims(checked: CheckedClaims, schema: ClaimsSchema): Promise<object> {
  const { iss, aud, exp, iat, jti, ...given } = checked;
  const result = await validate(schema, given);
  if (result.issues !== undefined) {
    throw createTokenError(`the claims don't fit the profile's schema at: ${listPaths(result.issues)}`);
  }
  // A schema may drop the claims that it does not name.
  const flow = Object.fromEntries(FLOW_CLAIMS.map((name) => [name, given[name]]));
  // The binding is always the signed one: without it, the token would pass as a Bearer token.
  return dropUndefined({ ...flow, ...(result.value as object), cnf: given.cnf, iss, aud, exp, iat, jti });
}

function dropUndefined(claims: object): object {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
