import { expectation, finding } from "../../shared/finding.ts";
import { AuthError } from "../errors.ts";
import { invalidToken } from "./compact.ts";
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

/** The claims that mean something to hallpass and are the application's to give. */
export interface FlowClaims {
  /** Whom it is about: the user's id. */
  readonly sub?: string;
  /** What it allows: scopes, space-separated (RFC 8693 §4.2). */
  readonly scope?: string;
  /** The session it belongs to. */
  readonly sid?: string;
  /** When it begins to be valid, in seconds since 1970. */
  readonly nbf?: number;
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
export type ClaimsOutput<Schema> = ProfileClaims &
  (Schema extends ClaimsSchema<infer _Input, infer Output> ? Omit<FlowClaims, keyof Output> & Output : OpenClaims);

/** What a profile holds a token's claims against. */
export interface ClaimRules {
  readonly issuer: string | null;
  readonly audience: readonly string[] | null;
  /** Seconds. */
  readonly maxAge: number | null;
  /** Seconds. */
  readonly clockTolerance: number;
}

/** A payload whose registered claims have the types of RFC 7519 §4.1 and passed a profile's rules. */
export type CheckedClaims = ProfileClaims & FlowClaims & Readonly<Record<string, unknown>>;

const isString = (value: unknown): boolean => typeof value === "string";
const isText = (value: unknown): boolean => isString(value) && value !== "";
const isTime = (value: unknown): boolean => Number.isFinite(value);
const isAudience = (value: unknown): boolean => isString(value) || (Array.isArray(value) && value.every(isString));

/**
 * Refuses claims of the wrong type, a stranger's issuer or audience, and a time that is not now.
 *
 * Comparisons are written so that a value that compares with nothing refuses.
 */
export function checkClaims(payload: Record<string, unknown>, rules: ClaimRules, now: number): CheckedClaims {
  const misfit = misfittingClaim(payload);
  if (misfit !== undefined) throw invalidToken(misfit);
  const claims = payload as CheckedClaims;
  const { issuer, audience } = rules;
  if (issuer !== null && claims.iss !== issuer) throw invalidToken(instead("iss", claims.iss, expectation([issuer])));
  if (audience !== null && !isMeantFor(claims.aud, audience)) {
    throw invalidToken(instead("aud", claims.aud, expectation(audience)));
  }
  checkTimes(claims, rules, now / 1_000);
  return claims;
}

const TEXT = "a non-empty string";
const STRING = "a string";
const TIME = "a finite number of seconds";

/**
 * The first registered claim that is there and has the wrong type, in words: on both sides, so that nothing is signed that
 * would not be verified. Line by line, since a table would be searched anew for every token.
 */
export function misfittingClaim(payload: Record<string, unknown>): string | undefined {
  const { iss, sub, aud, exp, nbf, iat, jti, sid } = payload;
  if (iss !== undefined && !isString(iss)) return instead("iss", iss, STRING);
  if (sub !== undefined && !isText(sub)) return instead("sub", sub, TEXT);
  if (aud !== undefined && !isAudience(aud)) return instead("aud", aud, "a string or a list of strings");
  if (exp !== undefined && !isTime(exp)) return instead("exp", exp, TIME);
  if (nbf !== undefined && !isTime(nbf)) return instead("nbf", nbf, TIME);
  if (iat !== undefined && !isTime(iat)) return instead("iat", iat, TIME);
  if (jti !== undefined && !isString(jti)) return instead("jti", jti, STRING);
  if (sid !== undefined && !isText(sid)) return instead("sid", sid, TEXT);
  return undefined;
}

/** What a claim or header parameter is, and what it should be. */
export function instead(name: string, value: unknown, expected: string): string {
  return `${name} is ${finding(value)}, expected ${expected}`;
}

function isMeantFor(aud: CheckedClaims["aud"], audience: readonly string[]): boolean {
  return typeof aud === "string" ? audience.includes(aud) : aud?.some((it) => audience.includes(it)) === true;
}

/** Refuses claims whose time is not now, which is given in seconds. */
export function checkTimes({ exp, iat, nbf }: CheckedClaims, rules: ClaimRules, now: number): void {
  const { maxAge, clockTolerance } = rules;
  if (exp === undefined || iat === undefined) throw invalidToken("exp and iat must both be there");
  if (!(now < exp + clockTolerance)) throw expired(at(now, rules, `exp is ${exp}, and has been reached`));
  // Whole seconds on this side, so that a fraction never makes a token valid before another verifier says so.
  const second = Math.floor(now);
  if (nbf !== undefined && !(nbf <= second + clockTolerance)) {
    throw invalidToken(at(now, rules, `nbf is ${nbf}, and still to come`));
  }
  if (maxAge === null) return;
  if (!(iat <= second + clockTolerance)) {
    throw invalidToken(at(now, rules, `iat is ${iat}, and still to come, so there is no telling its age`));
  }
  if (!(now < iat + maxAge + clockTolerance)) {
    throw expired(at(now, rules, `iat is ${iat}, longer ago than the profile's maxAge of ${maxAge} s`));
  }
}

function at(now: number, { clockTolerance }: ClaimRules, why: string): string {
  return `${why}, at ${now} with a clockTolerance of ${clockTolerance} s`;
}

function expired(why: string): AuthError {
  return new AuthError("expired", { cause: new Error(why) });
}
