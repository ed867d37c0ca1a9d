import { KEY } from "../keys/key.ts";
import { readClock } from "../time.ts";
import { type CheckedClaims, checkClaims } from "./claims.ts";
import { invalidToken, readObject, splitToken } from "./compact.ts";
import { type ClaimsOf, internalsOf, type TokenProfile } from "./profile.ts";
import { type ClaimsSchema, pathsOf, validate } from "./schema.ts";

/**
 * Verifies a token against a profile (RFC 7519 §7.2, RFC 8725): its spelling, its header, the signature by one of the
 * profile's keys, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf`, and the profile's schema. Nothing of the payload is read
 * before the signature holds.
 *
 * @returns the claims: the schema's output beside what the profile checked; without a schema, all of them
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
  return shapeClaims(openToken(token, profile), profile);
}

/** The part of verifying that needs nobody: all but the schema. */
export function openToken(token: unknown, profile: TokenProfile): CheckedClaims {
  const internals = internalsOf("verifyToken", profile);
  const { header, payload, signature, signingInput } = splitToken(token, internals.maxBytes);
  const keys = internals.headers.keysFor(header);
  if (!keys.some((key) => key[KEY].verify(signingInput, signature))) throw invalidToken("the signature does not hold");
  internals.headers.accept(header, keys);
  return checkClaims(readObject(payload, "payload"), internals, readClock(profile.now));
}

/** Hands the application's claims to the profile's schema, and what the profile checked around it. */
export async function shapeClaims<Profile extends TokenProfile>(
  checked: CheckedClaims,
  profile: Profile,
): Promise<ClaimsOf<Profile>> {
  const { schema } = internalsOf("verifyToken", profile);
  return (schema === undefined ? checked : await shaped(checked, schema)) as ClaimsOf<Profile>;
}

async function shaped(checked: CheckedClaims, schema: ClaimsSchema): Promise<object> {
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
