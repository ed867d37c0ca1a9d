import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { toBase64url } from "../base64url.ts";
import { type Duration, readClock, toSeconds } from "../time.ts";
import { misfittingClaim, WRITTEN_CLAIMS } from "./claims.ts";
import { newJti } from "./jti.ts";
import { type InputOf, internalsOf, type TokenProfile } from "./profile.ts";
import { type ClaimsSchema, pathsOf, validate } from "./schema.ts";
import type { Template } from "./template.ts";

/** What can be said about one token beyond its profile. */
export interface IssueOptions {
  /** How long this one is valid. The profile's `expiresIn` by default. */
  readonly expiresIn?: Duration;
}

const OPTIONS: OptionNames<IssueOptions> = { expiresIn: "optional" };

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
  options?: IssueOptions,
): Promise<string> {
  internalsOf("issueToken", profile);
  const expiresIn = options === undefined ? profile.expiresIn : expiryOf(options, profile);
  return issueAt(claims, profile, readClock(profile.now), expiresIn);
}

function expiryOf(options: IssueOptions, profile: TokenProfile): number {
  checkOptions("issueToken", options, OPTIONS);
  return options.expiresIn === undefined ? profile.expiresIn : toSeconds("expiresIn", options.expiresIn, 1);
}

/** Issues a token as of an instant, in milliseconds since 1970. A promise only where there is something to wait for. */
export function issueAt<Profile extends TokenProfile>(
  claims: InputOf<Profile>,
  profile: Profile,
  time: number,
  expiresIn: number = profile.expiresIn,
): string | Promise<string> {
  const { template, schema, maxBytes } = internalsOf("issueToken", profile);
  if (template === null) {
    throw new TypeError("issueToken: the profile's first key only verifies; sign with a private one");
  }
  const own = copyOf(claims);
  if (schema === undefined) return sign(template, payloadOf(template, own, time, expiresIn), maxBytes);
  return checkSchema(schema, own).then(() => sign(template, payloadOf(template, own, time, expiresIn), maxBytes));
}

function sign({ header, sign }: Template, payload: string, maxBytes: number): string | Promise<string> {
  const signingInput = `${header}.${toBase64url(payload)}`;
  const signature = sign(signingInput);
  if (typeof signature !== "string") return signature.then((text) => whole(signingInput, text, maxBytes));
  return whole(signingInput, signature, maxBytes);
}

function payloadOf({ opening }: Template, own: object, time: number, expiresIn: number): string {
  const iat = Math.floor(time / 1_000);
  const members = asJson(() => JSON.stringify(own)).slice(1);
  return `${opening}"iat":${iat},"exp":${iat + expiresIn},"jti":"${newJti(time)}"${members === "}" ? "" : ","}${members}`;
}

function whole(signingInput: string, signature: string, maxBytes: number): string {
  const token = `${signingInput}.${signature}`;
  if (token.length > maxBytes) {
    throw new TypeError(
      `issueToken: with these claims it has ${token.length} bytes, over the profile's maxBytes (${maxBytes})`,
    );
  }
  return token;
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
