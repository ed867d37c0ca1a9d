import { describeMismatch } from "../../shared/describe.ts";
import { isRecord } from "../../shared/object.ts";
import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { refusePromise, refuseWhatJsonLoses } from "../../shared/promise.ts";
import { encodeBase64url } from "../base64url.ts";
import type { SigningKey } from "../keys/key.ts";
import { isSameKey } from "../keys/same.ts";
import type { KeySet } from "../keys/source.ts";
import { type Duration, readClock, toSeconds } from "../time.ts";
import { type ClaimRules, findAbsent, findMismatch, WRITTEN_CLAIMS } from "./claims.ts";
import { freezeDeep } from "./freeze.ts";
import { createJti } from "./jti.ts";
import { refusePasswordHashes } from "./password-hashes.ts";
import { type InputOf, type ProfileInternals, readInternals, type TokenProfile } from "./profile.ts";
import type { KeyState } from "./profile-keys.ts";
import { type ClaimsSchema, listPaths, validate } from "./schema.ts";
import { getTemplate, type Template } from "./template.ts";

/** The options of one token. */
export interface IssueOptions {
  /** How long this token is valid. The profile's `expiresIn` by default. */
  readonly expiresIn?: Duration;
}

/** Scopes, with spaces between them (RFC 6749 §3.3). */
const SCOPES = /^[ !#-[\]-~]*$/;

const OPTIONS: OptionNames<IssueOptions> = { expiresIn: "optional" };

/**
 * Issues a token of a profile: signs the claims together with `iss`, `aud`, `exp`, `iat` and `jti` (a UUIDv7), as a
 * compact JWS (RFC 7515 §7.1, RFC 7519).
 *
 * `sub` may be left out, as in a token for a machine or a link. {@link verifyToken} takes such a token. A guard refuses
 * it with `invalid_token`, since an identity needs a user's id.
 *
 * @param claims - what the profile's schema takes; `sub` is the user's id, a non-empty string
 * @param profile - made by {@link defineToken}, with a key that signs
 * @returns the token
 * @throws TypeError when the claims don't fit, can't be written as JSON, hold a password's hash (anybody who has a
 * token can read it), or make the token longer than the profile's `maxBytes`; and when a claim has a type or value that
 * every verifier or guard refuses (an empty `sub`, a `scope` that is not a string, an `nbf` at or after `exp`)
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
  readInternals("issueToken", profile);
  const expiresIn = options === undefined ? profile.expiresIn : readExpiry(options, profile);
  return issueAt(claims, profile, readClock(profile.now), expiresIn);
}

function readExpiry(options: IssueOptions, profile: TokenProfile): number {
  checkOptions("issueToken", options, OPTIONS);
  return options.expiresIn === undefined ? profile.expiresIn : toSeconds("expiresIn", options.expiresIn, 1);
}

const FOREIGN = "a profile of trustIssuer only verifies; define one of your own with defineToken";

/** Issues a token at an instant, in milliseconds since 1970. It returns a promise only if it has to wait. */
export function issueAt<Profile extends TokenProfile>(
  claims: InputOf<Profile>,
  profile: Profile,
  time: number,
  expiresIn: number = profile.expiresIn,
): string | Promise<string> {
  const internals = readInternals("issueToken", profile);
  const { issues, schema, maxAge } = internals;
  if (!issues) throw new TypeError(`issueToken: ${FOREIGN}`);
  const state = internals.keys.current();
  if (state === null) return waitForKeys(internals).then(() => issueAt(claims, profile, time, expiresIn));
  const template = expectTemplate(internals, state);
  const copied = copyClaims(claims);
  const iat = Math.floor(time / 1_000);
  checkGivenClaims(copied, iat + Math.min(expiresIn, maxAge ?? expiresIn));
  // The JSON is written once. From here on, the text that is checked is the text that is signed.
  const json = tryJson(() => JSON.stringify(copied));
  refuseWhatJsonLoses("the claims", copied, json);
  refusePasswordHashes(json);
  checkRequired(json, internals);
  const payload = writePayload(template, json, iat, expiresIn, createJti(time));
  if (schema === undefined) return signPayload(payload, internals, state, template);
  return checkAgainstSchema(schema, json).then(() => signWithCurrentKey(payload, internals));
}

const NO_SIGNER = "the profile's first key only verifies; sign with a private one";

/** Waits for remote keys. Only remote keys can be missing. */
async function waitForKeys({ keys }: ProfileInternals<unknown>): Promise<void> {
  await keys.remote?.wait();
}

/** Gives the template of the tokens that the current keys sign. */
function expectTemplate(internals: ProfileInternals<unknown>, state: KeyState): Template {
  const template = getTemplate(internals, state);
  if (template === null) throw new TypeError(`issueToken: ${NO_SIGNER}`);
  return template;
}

/** Signs with the current key. If that is asynchronous, the key may be removed meanwhile. Then the next key signs. */
function signPayload(
  payload: string,
  internals: ProfileInternals<unknown>,
  state: KeyState,
  { header, sign }: Template = expectTemplate(internals, state),
): string | Promise<string> {
  const signingInput = `${header}.${encodeBase64url(payload)}`;
  const signature = sign(signingInput);
  if (typeof signature === "string") return joinToken(signingInput, signature, internals.maxBytes);
  return signature.then((text) =>
    isStillCurrent(state.set, internals)
      ? joinToken(signingInput, text, internals.maxBytes)
      : signWithCurrentKey(payload, internals),
  );
}

/** Signs with the current key, after a wait in which the keys may have changed. */
async function signWithCurrentKey(payload: string, internals: ProfileInternals<unknown>): Promise<string> {
  const state = internals.keys.current();
  if (state !== null) return signPayload(payload, internals, state);
  await waitForKeys(internals);
  return signWithCurrentKey(payload, internals);
}

/** Tells whether the signing key of a set is still one of the current keys. */
function isStillCurrent(set: KeySet, { keys }: ProfileInternals<unknown>): boolean {
  const now = keys.current()?.set;
  return now === set || now?.keys.some((key) => isSameKey(key, set.current as SigningKey)) === true;
}

function writePayload({ opening }: Template, json: string, iat: number, expiresIn: number, jti: string): string {
  const rest = json === "{}" ? "}" : `,${json.slice(1)}`;
  return `${opening}"iat":${iat},"exp":${iat + expiresIn},"jti":"${jti}"${rest}`;
}

function joinToken(signingInput: string, signature: string, maxBytes: number): string {
  const token = `${signingInput}.${signature}`;
  if (token.length > maxBytes) {
    throw new TypeError(
      `issueToken: with these claims it has ${token.length} bytes, over the profile's maxBytes (${maxBytes})`,
    );
  }
  return token;
}

/** Copies the claims. They are read once, so that the claims that were checked are those that are signed. */
function copyClaims(claims: unknown): Record<string, unknown> {
  refusePromise("issueToken: what stands for the claims", claims);
  if (!tryJson(() => isRecord(claims))) {
    throw new TypeError('issueToken takes the claims as a plain object, such as { sub: "user-1" }');
  }
  const copied: Record<string, unknown> = tryJson(() => ({ ...(claims as object) }));
  const written = WRITTEN_CLAIMS.find((claim) => claim in copied);
  if (written !== undefined) {
    throw new TypeError(`issueToken: ${written} is written by the profile (issuer, audience, expiresIn); leave it out`);
  }
  if (typeof copied.toJSON === "function")
    throw new TypeError("issueToken: a toJSON would sign something else than the claims");
  return copied;
}

/** Refuses claims that lack a required claim which the profile doesn't write itself. */
function checkRequired(json: string, { required, issuer, audience }: ClaimRules): void {
  if (required.length === 0) return;
  const written: unknown[] = ["exp", "iat", "jti", issuer !== null && "iss", audience !== null && "aud"];
  const given = required.filter((it) => !written.includes(it));
  const claims = JSON.parse(json);
  const absent = findAbsent(claims, given);
  if (absent !== undefined) throw new TypeError(`issueToken: ${describeMismatch(absent, claims[absent], "a value")}`);
}

/** Refuses a claim that every verifier or guard would refuse. */
function checkGivenClaims(claims: Record<string, unknown>, end: number): void {
  const mismatch = findMismatch(claims);
  if (mismatch !== undefined) throw new TypeError(`issueToken: ${mismatch}`);
  const { scope, nbf } = claims as { scope?: unknown; nbf?: number };
  if (scope !== undefined && !(typeof scope === "string" && SCOPES.test(scope))) {
    throw new TypeError(
      `issueToken: ${describeMismatch("scope", scope, "scopes in a string, with spaces between them")}`,
    );
  }
  if (nbf !== undefined && Math.ceil(nbf) >= end) {
    throw new TypeError(`issueToken: nbf is ${nbf}, and the token would end at ${end}, before it begins`);
  }
}

/** Checks the claims with the schema, in the form in which a verifier reads them. */
async function checkAgainstSchema(schema: ClaimsSchema, json: string): Promise<void> {
  const { issues } = await validate(schema, { ...freezeDeep(JSON.parse(json)) });
  if (issues === undefined) return;
  const cause = new Error(issues.map(({ message }) => message).join("; "));
  throw new TypeError(`issueToken: the claims don't fit the profile's schema at: ${listPaths(issues)}`, { cause });
}

function tryJson<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new TypeError("issueToken: the claims can't be written as JSON", { cause });
  }
}
