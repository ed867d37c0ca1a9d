import type { CheckedClaims } from "../core/token/claims.ts";
import { mismatched } from "../core/token/compact.ts";
import { issuedAt } from "../core/token/jti.ts";
import { MAX_CACHED_SCOPES } from "../shared/limits.ts";
import type { TokenReference } from "../stores/contract.ts";

/**
 * Who is asking, as a verified token says. All but `claims` is what was signed, whatever the profile's schema makes of it:
 * by that a user is known and a token is revoked.
 */
export interface Identity<Claims = unknown> {
  /** The user's id: the token's `sub`. */
  readonly userId: string;
  /** The scopes the token allows: its `scope` (RFC 6749 §3.3). */
  readonly scopes: readonly string[];
  /** The session that the token belongs to: its `sid`; `null` where it has none. */
  readonly sid: string | null;
  /** All that the token's profile gives: where it has a schema, what that made of the claims. */
  readonly claims: Claims;
}

/** Whether a value is an identity. A promise of one is none, nor is anything else that a guard should not have answered. */
export function isIdentity(value: unknown): value is Identity {
  const { userId, scopes } = (value ?? {}) as Partial<Identity>;
  return typeof userId === "string" && userId !== "" && Array.isArray(scopes);
}

/** The identity that signed claims make up, which must name a user, with the claims as the profile gives them. */
export function identityOf<Claims>({ sub, scope = "", sid }: CheckedClaims, claims: Claims): Identity<Claims> {
  if (sub === undefined) throw mismatched("sub", sub, "a user's id");
  if (typeof scope !== "string") throw mismatched("scope", scope, "scopes in a string");
  return Object.freeze({ userId: sub, scopes: scopesOf(scope), sid: sid ?? null, claims });
}

const scopesByText = new Map<string, readonly string[]>();

/** Users have few scopes between them, and to split and freeze them takes longer than all else about an identity. */
function scopesOf(text: string): readonly string[] {
  const known = scopesByText.get(text);
  if (known !== undefined) return known;
  const scopes = Object.freeze(text.split(" ").filter(Boolean));
  if (scopesByText.size < MAX_CACHED_SCOPES) scopesByText.set(text, scopes);
  return scopes;
}

/** What a blocklist is asked about a token. */
export function referenceOf({ jti, sid, iat }: CheckedClaims, userId: string): TokenReference {
  return { jti: jti ?? null, sid: sid ?? null, userId, issuedAt: dateOf(issuedAt(jti, iat)) };
}

/**
 * Until when a revocation of a token must be kept: the last verifier stops accepting it a tolerance after `exp`, and the
 * clock that the revocation is kept by may be ahead of that verifier's by another.
 */
export function endOf(exp: number, clockTolerance: number): Date {
  return dateOf((exp + 2 * clockTolerance) * 1_000);
}

const LAST_DATE = 8_640_000_000_000_000;

/** A foreign token's times are any finite numbers, and not all of those are Dates. */
function dateOf(time: number): Date {
  return new Date(Math.min(Math.max(time, -LAST_DATE), LAST_DATE));
}
