import { KEY, type SigningKey } from "../keys/key.ts";
import { checkOptions } from "../options.ts";
import { type Duration, readClock, toSeconds } from "../time.ts";
import { misfittingClaim, WRITTEN_CLAIMS } from "./claims.ts";
import { writeObject } from "./compact.ts";
import { newJti } from "./jti.ts";
import { type InputOf, internalsOf, type TokenProfile } from "./profile.ts";
import { type ClaimsSchema, pathsOf, validate } from "./schema.ts";

/** What can be said about one token beyond its profile. */
export interface IssueOptions {
  /** How long this one is valid. The profile's `expiresIn` by default. */
  readonly expiresIn?: Duration;
}

/**
 * Issues a token of a profile: signs the claims together with `iss`, `aud`, `exp`, `iat` and `jti` (a UUIDv7), as a
 * compact JWS (RFC 7515 §7.1, RFC 7519).
 *
 * @param claims - what the profile's schema takes; `sub` is the user's id, a string
 * @param profile - made by {@link defineToken}, with a key that signs
 * @returns the token
 * @throws TypeError when the claims don't fit, can't be written as JSON, or make a token over the profile's `maxBytes`
 *
 * @example
 * ```ts
 * const token = await issueToken({ sub: user.id, scope: "orders:read" }, accessToken);
 * ```
 */
export async function issueToken<Profile extends TokenProfile>(
  claims: InputOf<Profile>,
  profile: Profile,
  options: IssueOptions = {},
): Promise<string> {
  internalsOf("issueToken", profile);
  checkOptions("issueToken", options, ["expiresIn"]);
  const expiresIn = options.expiresIn === undefined ? profile.expiresIn : toSeconds("expiresIn", options.expiresIn, 1);
  return issueAt(claims, profile, readClock(profile.now), expiresIn);
}

/** Issues a token as of an instant, in milliseconds since 1970. */
export async function issueAt<Profile extends TokenProfile>(
  claims: InputOf<Profile>,
  profile: Profile,
  time: number,
  expiresIn: number = profile.expiresIn,
): Promise<string> {
  const { ring, schema, maxBytes } = internalsOf("issueToken", profile);
  if (ring.current === null)
    throw new TypeError("issueToken: the profile's first key only verifies; sign with a private one");
  const own = copyOf(claims);
  if (schema !== undefined) await checkSchema(schema, own);
  const payload = { ...writtenClaims(profile, time, expiresIn), ...own };
  const signingInput = `${headerOf(profile, ring.current)}.${asJson(() => writeObject(payload))}`;
  const token = `${signingInput}.${await ring.current[KEY].sign?.(signingInput)}`;
  if (token.length > maxBytes) {
    throw new TypeError(
      `issueToken: with these claims it has ${token.length} bytes, over the profile's maxBytes (${maxBytes})`,
    );
  }
  return token;
}

function headerOf({ typ }: TokenProfile, { algorithm, kid }: SigningKey): string {
  return writeObject({ alg: algorithm, typ: typ ?? "JWT", ...(kid !== null && { kid }) });
}

function writtenClaims({ issuer, audience }: TokenProfile, time: number, expiresIn: number): Record<string, unknown> {
  const iat = Math.floor(time / 1_000);
  return {
    ...(issuer !== null && { iss: issuer }),
    ...(audience !== null && { aud: audience.length === 1 ? audience[0] : audience }),
    iat,
    exp: iat + expiresIn,
    jti: newJti(time),
  };
}

/** Read once, so that what is checked is what is signed. */
function copyOf(claims: unknown): Record<string, unknown> {
  if (typeof claims !== "object" || claims === null || asJson(() => Array.isArray(claims))) {
    throw new TypeError("issueToken takes the claims as an object");
  }
  const own: Record<string, unknown> = asJson(() => ({ ...claims }));
  const written = WRITTEN_CLAIMS.find((claim) => claim in own);
  if (written !== undefined) {
    throw new TypeError(`issueToken: ${written} is written by the profile (issuer, audience, expiresIn); leave it out`);
  }
  const misfit = misfittingClaim(own);
  if (misfit !== undefined) throw new TypeError(`issueToken: ${misfit} has the wrong type; sub and sid are strings`);
  if (typeof own.toJSON === "function")
    throw new TypeError("issueToken: a toJSON would sign something else than the claims");
  return own;
}

async function checkSchema(schema: ClaimsSchema, claims: Record<string, unknown>): Promise<void> {
  const { issues } = await validate(schema, claims);
  if (issues === undefined) return;
  const cause = new Error(issues.map(({ message }) => message).join("; "));
  throw new TypeError(`issueToken: the claims don't fit the profile's schema at: ${pathsOf(issues)}`, { cause });
}

function asJson<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new TypeError("issueToken: the claims can't be written as JSON", { cause });
  }
}
