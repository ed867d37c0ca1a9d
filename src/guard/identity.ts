import type { CheckedClaims } from "../core/token/claims.ts";
import { mismatched } from "../core/token/compact.ts";
import { MAX_CACHED_SCOPES } from "../shared/limits.ts";

/**
 * Who is asking, as a verified token says. All but `claims` is what was signed, whatever the profile's schema makes of
 * it: by that a user is known and a token is revoked.
 */
export interface Identity<Claims = unknown> {
  /** The user's id: the token's `sub`. */
  readonly userId: string;
  /** The scopes that the token allows: its `scope` (RFC 6749 §3.3). */
  readonly scopes: readonly string[];
  /** The session that the token belongs to: its `sid`; `null` where it has none. */
  readonly sid: string | null;
  /** All that the token's profile gives. Where the profile has a schema, this is the schema's output. */
  readonly claims: Claims;
}

/** Tells whether a value is an identity. A promise of one is none. */
export function isIdentity(value: unknown): value is Identity {
  const { userId, scopes } = (value ?? {}) as Partial<Identity>;
  return typeof userId === "string" && userId !== "" && Array.isArray(scopes);
}

/**
 * Makes the identity of signed claims.
 *
 * @param claims - the claims as the profile gives them
 * @throws AuthError `invalid_token` (401) where the signed claims name no user
 */
export function createIdentity<Claims>({ sub, scope = "", sid }: CheckedClaims, claims: Claims): Identity<Claims> {
  if (sub === undefined) throw mismatched("sub", sub, "a user's id");
  if (typeof scope !== "string") throw mismatched("scope", scope, "scopes in a string");
  return Object.freeze({ userId: sub, scopes: splitScopes(scope), sid: sid ?? null, claims });
}

const scopesByText = new Map<string, readonly string[]>();

/**
 * Splits a token's scopes. The lists are remembered: to make and freeze one takes longer than the rest of an identity.
 */
function splitScopes(text: string): readonly string[] {
  const known = scopesByText.get(text);
  if (known !== undefined) return known;
  const scopes = Object.freeze(text.split(" ").filter(Boolean));
  if (scopesByText.size < MAX_CACHED_SCOPES) scopesByText.set(text, scopes);
  return scopes;
}
