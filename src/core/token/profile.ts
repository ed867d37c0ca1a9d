import { assert } from "../../shared/assert.ts";
import { systemClock } from "../../shared/clock.ts";
import { DEFAULT_CACHE_SIZE, DEFAULT_TOKEN_BYTES, MAX_TOKEN_BYTES } from "../../shared/limits.ts";
import { checkInteger, checkOptions, type OptionNames, optional, required } from "../../shared/options.ts";
import { refusePromise } from "../../shared/promise.ts";
import { readMark } from "../../shared/read.ts";
import type { VerifyingKey } from "../keys/key.ts";
import { type KeyRing, toSource } from "../keys/ring.ts";
import type { LiveKeys } from "../keys/source.ts";
import { type Duration, toSeconds } from "../time.ts";
import type { ClaimRules, ClaimsInput, ClaimsOutput, OpenClaims, UndatedClaims } from "./claims.ts";
import { checkClock, checkIssuer, checkList, checkSchema, checkThreadPool } from "./profile-checks.ts";
import { ProfileKeys } from "./profile-keys.ts";
import type { ClaimsSchema } from "./schema.ts";
import type { StatusCheck } from "./status.ts";

const PROFILE: unique symbol = Symbol.for("hallpass.tokenProfile") as never;

/** What a kind of token is: the one definition that issuing and verifying share. */
export interface TokenOptions<Schema extends ClaimsSchema | undefined = undefined> {
  /** What signs and verifies: one key, several in rotation, or keys that change while they are used. */
  readonly keys: VerifyingKey | KeyRing | LiveKeys;
  /** The claim `iss`: every token gets it, and a token with another is refused. `null` switches both off. */
  readonly issuer: string | null;
  /**
   * The claim `aud`: every token gets it, and a token with another is refused. Of a list, a token needs only one.
   * `null` switches both off.
   */
  readonly audience: string | readonly string[] | null;
  /**
   * The header's `typ`, which tells one kind of token from another (RFC 8725 §3.11). `"at+jwt"` by default (RFC 9068
   * §2.1). With a list, tokens get the first name and any of them is accepted, so that older tokens still work. With
   * `null`, tokens get `"JWT"`, and `typ` is not checked.
   */
  readonly typ?: string | readonly string[] | null;
  /** How long a token is valid. `"15m"` by default. */
  readonly expiresIn?: Duration;
  /** The longest time since `iat`, whatever `exp` says. None by default. */
  readonly maxAge?: Duration;
  /** How far the clocks of issuer and verifier may be apart. 0 by default. */
  readonly clockTolerance?: Duration;
  /**
   * Claims that must be there too, on both sides, such as `["sub", "client_id", "jti"]` (RFC 9068 §2.2). One that is
   * `null` or empty text is not there. None by default: `exp` and `iat` always must.
   */
  readonly requiredClaims?: readonly string[];
  /** The longest token, in bytes. 8192 by default. */
  readonly maxBytes?: number;
  /**
   * How many verified tokens to remember, so that the signature of a token is not checked again. Its times are checked
   * at each use. 2000 by default, of about a kilobyte each, and fewer where they are longer; 0: none.
   */
  readonly cacheSize?: number;
  /**
   * Whether to check the signatures of key pairs in libuv's thread pool, for a service that verifies more than one core
   * can. `false` by default: below that, a check on the event loop takes less time than the way to the pool and back.
   */
  readonly threadPool?: boolean;
  /**
   * A Standard Schema for the claims that the application gives: it types and validates them, when a token is issued
   * and when it is verified, as JSON has them, so that a Date is a string by then. None by default.
   */
  readonly schema?: Schema;
  /**
   * How a guard reads the user's id and scopes, where the issuer's claims have other names. By default from `sub` and
   * `scope`.
   */
  readonly identity?: IdentityMapping;
  /**
   * Checks at each use whether a token was revoked, by its `status` claim: `statusLists` of `hallpass/status-list`. Not
   * at all by default.
   */
  readonly status?: StatusCheck;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

/**
 * Reads the user's id and scopes from signed claims. If a function throws, or returns anything else, the token is
 * refused with `invalid_token`.
 *
 * @example
 * ```ts
 * const identity: IdentityMapping = {
 *   userId: ({ oid }) => oid,
 *   scopes: ({ scp, roles = [] }) => [...String(scp).split(" "), ...(roles as string[])],
 * };
 * ```
 */
export interface IdentityMapping {
  /** The user's id, a non-empty string or a whole number. `sub` by default. */
  readonly userId?: (claims: OpenClaims) => unknown;
  /** The scopes, a list of strings, or one with spaces between them. `scope` by default. */
  readonly scopes?: (claims: OpenClaims) => unknown;
}

/** A kind of token, as {@link defineToken} made it. Hand it to {@link issueToken} and {@link verifyToken}. */
export interface TokenProfile<Schema extends ClaimsSchema | undefined = ClaimsSchema | undefined> {
  /** `iss`, or `null` where it is not checked. */
  readonly issuer: string | null;
  /** `aud`, or `null` where it is not checked. */
  readonly audience: readonly string[] | null;
  /** The header's `typ` that is written, or `null` where it is not checked. */
  readonly typ: string | null;
  /** How long a token is valid, in seconds. */
  readonly expiresIn: number;
  /** How far clocks may be apart, in seconds. */
  readonly clockTolerance: number;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** @internal */
  readonly [PROFILE]: ProfileInternals<Schema>;
}

/** The profile of tokens that another issuer signs: it verifies, and never issues. Made by {@link trustIssuer}. */
export interface ForeignProfile<
  Schema extends ClaimsSchema | undefined = ClaimsSchema | undefined,
  Iat extends "required" | "optional" = "required" | "optional",
> extends TokenProfile<Schema> {
  /** It never issues a token. */
  readonly issues: false;
  /** Whether each token has to say when it was issued. */
  readonly iat: Iat;
}

/** What {@link issueToken} takes for a profile: nothing for one that never issues. */
export type InputOf<Profile> = Profile extends ForeignProfile
  ? never
  : Profile extends TokenProfile<infer Schema>
    ? ClaimsInput<Schema>
    : never;

/** What {@link verifyToken} gives for a profile. */
export type ClaimsOf<Profile> =
  Profile extends ForeignProfile<infer Schema, "optional">
    ? ClaimsOutput<Schema, UndatedClaims>
    : Profile extends TokenProfile<infer Schema>
      ? ClaimsOutput<Schema>
      : never;

/** What issuing and verifying read of a profile. */
export interface ProfileInternals<Schema> extends ClaimRules {
  readonly keys: ProfileKeys;
  /** The `typ` that is written. */
  readonly typ: string | null;
  /** Each `typ` that is accepted; `null` where it is not checked. */
  readonly types: readonly string[] | null;
  readonly identity: IdentityMapping | undefined;
  /** Whether tokens of this kind are issued here, if there is a key that signs. */
  readonly issues: boolean;
  /** How long a token that is issued here is valid, in seconds. */
  readonly expiresIn: number;
  readonly status: StatusCheck | undefined;
  readonly maxBytes: number;
  /** How often the cache had a token, and how often it did not. */
  readonly lookups: { hits: number; misses: number };
  readonly threadPool: boolean;
  readonly now: () => number;
  readonly schema: Schema;
}

const OPTIONS: OptionNames<TokenOptions> = {
  keys: required,
  issuer: required,
  audience: required,
  typ: optional,
  expiresIn: optional,
  maxAge: optional,
  clockTolerance: optional,
  requiredClaims: optional,
  maxBytes: optional,
  cacheSize: optional,
  threadPool: optional,
  schema: optional,
  identity: optional,
  status: optional,
  now: optional,
};

/**
 * Defines a kind of token once, for issuing and for verifying it. Everything is on by default: expiry, issue time, an
 * id, the type, the issuer and the audience are written and checked.
 *
 * Give each kind of token (access, refresh, password reset) a profile with a `typ` of its own, so that none can pass
 * for another.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless; the message says what to do
 *
 * @example
 * ```ts
 * const accessToken = defineToken({
 *   keys: secretKey(process.env.TOKEN_SECRET ?? ""),
 *   issuer: "https://api.example.com",
 *   audience: "https://api.example.com",
 *   expiresIn: "15m",
 * });
 * ```
 */
export function defineToken<Schema extends ClaimsSchema | undefined = undefined>(
  options: TokenOptions<Schema>,
): TokenProfile<Schema> {
  checkOptions("defineToken", options, OPTIONS);
  return createProfile(options, { issues: true, needsIat: true, audienceClaim: "aud" });
}

/** The rules in which a profile for another issuer's tokens may differ. */
export type ForeignRules = Pick<ProfileInternals<unknown>, "issues" | "needsIat" | "audienceClaim">;

/**
 * Creates a profile from options whose names were checked.
 *
 * @param members - further members of the profile
 */
export function createProfile<Schema extends ClaimsSchema | undefined>(
  options: TokenOptions<Schema>,
  rules: ForeignRules,
  members: object = {},
): TokenProfile<Schema> {
  const { typ = "at+jwt", expiresIn = "15m", clockTolerance = 0, maxBytes = DEFAULT_TOKEN_BYTES } = options;
  const { cacheSize = DEFAULT_CACHE_SIZE, threadPool = false, schema, now = systemClock, status } = options;
  assert(status === undefined || typeof status?.check === "function", "status must be of statusLists");
  const source = toSource(options.keys);
  const types = checkList("typ", typ);
  const described = {
    issuer: checkIssuer(options.issuer),
    audience: checkList("audience", options.audience),
    typ: types?.[0] ?? null,
    expiresIn: toSeconds("expiresIn", expiresIn, 1),
    clockTolerance: toSeconds("clockTolerance", clockTolerance, 0),
    now: checkClock(now),
    ...members,
  };
  checkInteger("cacheSize", cacheSize, 0, 1_000_000);
  const internals: ProfileInternals<Schema> = {
    ...described,
    ...rules,
    keys: new ProfileKeys(source, { types, cacheSize, now: described.now }),
    types,
    identity: options.identity,
    required: checkList("requiredClaims", options.requiredClaims ?? null) ?? [],
    status,
    maxAge: options.maxAge === undefined ? null : toSeconds("maxAge", options.maxAge, 1),
    maxBytes: checkInteger("maxBytes", maxBytes, 128, MAX_TOKEN_BYTES),
    lookups: { hits: 0, misses: 0 },
    threadPool: checkThreadPool(threadPool, source, described.now),
    schema: checkSchema(schema) as Schema,
  };
  return Object.freeze(Object.defineProperty(described, PROFILE, { value: internals })) as TokenProfile<Schema>;
}

/** What a profile is, for messages to whoever gave the secret itself. */
export const A_PROFILE = "a profile of defineToken({ keys: secretKey(secret), issuer, audience }) or trustIssuer";

/** Gives the internals of a profile, and refuses any other value. */
export function readInternals<Schema extends ClaimsSchema | undefined>(
  caller: string,
  profile: TokenProfile<Schema>,
): ProfileInternals<Schema> {
  const internals = readMark(profile, PROFILE);
  if (internals !== undefined) return internals as ProfileInternals<Schema>;
  refusePromise("the profile", profile);
  throw new TypeError(`${caller} takes ${A_PROFILE}`);
}

/** Tells whether a value is a token profile. */
export function isProfile(value: unknown): value is TokenProfile {
  return readMark(value, PROFILE) !== undefined;
}
