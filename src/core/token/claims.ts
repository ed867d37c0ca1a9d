import { describeMismatch } from "../../shared/describe.ts";
import { FILLED, isFilled, isString } from "../../shared/text.ts";
import { AuthError } from "../errors.ts";
import { createTokenError, createTokenMismatch } from "./compact.ts";
import type { ClaimsSchema } from "./schema.ts";

/** The claims that a profile writes itself (RFC 7519 §4.1), and that therefore can't be passed to `issueToken`. */
export const WRITTEN_CLAIMS: readonly (keyof ProfileClaims)[] = ["iss", "aud", "exp", "iat", "jti"];

/** The claims that a profile writes and checks. */
export interface ProfileClaims {
  /** Who issued it. */
  readonly iss?: string;
  /** For whom it is. */
  readonly aud?: string | readonly string[];
  /** When it ends, in seconds since 1970. */
  readonly exp: number;
  /** When it was issued, in seconds since 1970. */
  readonly iat: number;
  /** Its own id: a UUIDv7 in every token that hallpass issues. */
  readonly jti?: string;
}

/** The claims that a profile checks where the issuer may leave `iat` out. */
export type UndatedClaims = Omit<ProfileClaims, "iat"> & Partial<Pick<ProfileClaims, "iat">>;

/** The claims that hallpass knows and the application provides. */
export interface FlowClaims {
  /** Whom it is about: the user's id. */
  readonly sub?: string;
  /** What it allows: scopes, space-separated (RFC 8693 §4.2). */
  readonly scope?: string;
  /** The session it belongs to. */
  readonly sid?: string;
  /** When it begins to be valid, in seconds since 1970. */
  readonly nbf?: number;
  /** When the user last proved who it is, in seconds since 1970 (OpenID Connect Core §2). */
  readonly auth_time?: number;
  /** How the user proved it, such as `["pwd", "otp"]` (RFC 8176). */
  readonly amr?: readonly string[];
  /** How strong that proof was, by a name that the issuer chose (RFC 9470 §6). */
  readonly acr?: string;
  /**
   * What it is bound to (RFC 7800 §3.1), such as `{ jkt }`, the thumbprint of a key (RFC 9449 §6). A guard takes such a
   * token only with the credential `dpop`.
   */
  readonly cnf?: Readonly<Record<string, unknown>>;
}

/** Claims that follow no schema. */
export interface OpenClaims extends FlowClaims {
  /** Any claim of the application's own. */
  readonly [claim: string]: unknown;
}

/** What `issueToken` takes: the schema's input, and never a claim that the profile writes. */
export type ClaimsInput<Schema> = FlowClaims & {
  readonly [claim in keyof ProfileClaims]?: never;
} & (Schema extends ClaimsSchema<infer Input, unknown> ? Input : OpenClaims);

/** What `verifyToken` gives: the schema's output, beside the claims that the profile checked. */
export type ClaimsOutput<Schema, Checked = ProfileClaims> = Checked &
  (Schema extends ClaimsSchema<infer _Input, infer Output> ? Omit<FlowClaims, keyof Output> & Output : OpenClaims);

/** The rules by which a profile checks claims. */
export interface ClaimRules {
  readonly issuer: string | null;
  readonly audience: readonly string[] | null;
  /** The claims that must be there. */
  readonly required: readonly string[];
  /** The claim that names the audience of a token. */
  readonly audienceClaim: string;
  /** Whether a token must say when it was issued. */
  readonly needsIat: boolean;
  /** Seconds. */
  readonly maxAge: number | null;
  /** Seconds. */
  readonly clockTolerance: number;
}

/** A payload whose registered claims have the types of RFC 7519 §4.1 and fit a profile's rules. */
export type CheckedClaims = ProfileClaims & FlowClaims & Readonly<Record<string, unknown>>;

const isTime = (value: unknown): boolean => Number.isFinite(value);
const isAudience = (value: unknown): boolean => isString(value) || (Array.isArray(value) && value.every(isString));

/**
 * Refuses claims that have a wrong type, another issuer or audience, or a time that is over or still to come. A time
 * passes only where a comparison is true, so NaN is refused.
 */
export function checkClaims(payload: Record<string, unknown>, rules: ClaimRules, now: number): CheckedClaims {
  const mismatch = findMismatch(payload);
  if (mismatch !== undefined) throw createTokenError(mismatch);
  const claims = payload as CheckedClaims;
  const { audience, audienceClaim } = rules;
  refuseOtherIssuer(claims, rules);
  const meant = claims[audienceClaim];
  if (audience !== null && !isMeantFor(meant, audience)) throw createTokenMismatch(audienceClaim, meant, audience);
  const absent = findAbsent(payload, rules.required);
  if (absent !== undefined) throw createTokenMismatch(absent, payload[absent], "a value");
  checkTimes(claims, rules, now / 1_000);
  return claims;
}

/** Refuses claims of another issuer. */
export function refuseOtherIssuer({ iss }: { readonly iss?: unknown }, { issuer }: Pick<ClaimRules, "issuer">): void {
  if (issuer !== null && iss !== issuer) throw createTokenMismatch("iss", iss, [issuer]);
}

/** Finds the first of the named claims that is absent. */
export function findAbsent(payload: Record<string, unknown>, names: readonly string[]): string | undefined {
  return names.find((it) => (payload[it] ?? "") === "");
}

const STRING = "a string";
const TIME = "a finite number of seconds";

/**
 * Describes the first registered claim that has the wrong type. Issuing calls it too, so that nothing is signed that
 * verifying would refuse. Each claim has a line, since a loop over a table would look up each name for every token.
 */
export function findMismatch({ iss, sub, aud, exp, nbf, iat, jti, sid }: Record<string, unknown>): string | undefined {
  return (
    compare("iss", iss, isString, STRING) ??
    compare("sub", sub, isFilled, FILLED) ??
    compare("aud", aud, isAudience, "a string or a list of strings") ??
    compare("exp", exp, isTime, TIME) ??
    compare("nbf", nbf, isTime, TIME) ??
    compare("iat", iat, isTime, TIME) ??
    compare("jti", jti, isString, STRING) ??
    compare("sid", sid, isFilled, FILLED)
  );
}

function compare(
  name: string,
  value: unknown,
  fits: (value: unknown) => boolean,
  expected: string,
): string | undefined {
  return value === undefined || fits(value) ? undefined : describeMismatch(name, value, expected);
}

/** Tells whether a token is meant for an audience. A claim with another name than `aud` may have any type. */
function isMeantFor(meant: unknown, audience: readonly string[]): boolean {
  if (typeof meant === "string") return audience.includes(meant);
  return Array.isArray(meant) && meant.some((it) => audience.includes(it));
}

const BOTH_TIMES = "exp and iat must both be there";

/** Refuses claims that have expired or are not valid yet, at a time in seconds. */
export function checkTimes(
  { exp, iat, nbf }: CheckedClaims,
  { needsIat, maxAge, clockTolerance }: ClaimRules,
  now: number,
): void {
  const refuse = (code: "expired" | "invalid_token", why: string): never => {
    throw new AuthError(code, {
      cause: new Error(`${why}, at ${now} with a clockTolerance of ${clockTolerance} s`),
    });
  };
  if (exp === undefined) throw createTokenError(needsIat ? BOTH_TIMES : "exp must be there");
  if (iat === undefined && (needsIat || maxAge !== null)) throw createTokenError(BOTH_TIMES);
  if (!(now < exp + clockTolerance)) refuse("expired", `exp is ${exp}, and has been reached`);
  // Whole seconds: a token that is valid here must also be valid for a verifier that counts only whole seconds.
  const latest = Math.floor(now) + clockTolerance;
  if (nbf !== undefined && !(nbf <= latest)) refuse("invalid_token", `nbf is ${nbf}, and still to come`);
  if (maxAge === null) return;
  if (!(iat <= latest)) refuse("invalid_token", `iat is ${iat}, and still to come`);
  if (!(now < iat + maxAge + clockTolerance)) {
    refuse("expired", `iat is ${iat}, longer ago than the profile's maxAge of ${maxAge} s`);
  }
}
