import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenError, createTokenMismatch } from "../core/token/compact.ts";
import { readIssueTime } from "../core/token/jti.ts";
import type { IdentityMapping } from "../core/token/profile.ts";
import { MAX_CACHED_SCOPES } from "../shared/limits.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import { abandon } from "../shared/promise.ts";
import { AN_ID, areStrings, isId } from "../shared/text.ts";

/**
 * Who is asking, as a verified credential says. A profile's schema shapes `claims` alone. All other members are as
 * signed or stored, since users are recognized and tokens are revoked by them.
 */
export interface Identity<Claims = unknown> {
  /** The user's id: a token's `sub`. */
  readonly userId: string;
  /** The scopes that the credential allows: a token's `scope` (RFC 6749 §3.3). */
  readonly scopes: readonly string[];
  /** The session that the credential belongs to: a token's `sid`; `null` where it has none. */
  readonly sid: string | null;
  /**
   * All that the credential says: the claims of a token. Where its profile has a schema, this is the schema's output.
   */
  readonly claims: Claims;
  /** The name of the credential that was shown: `"bearer"`, `"cookie"`, or the name of another one. */
  readonly credential: string;
  /** When the user last authenticated, in milliseconds since 1970: a token's `auth_time`; `null` if unknown. */
  readonly authenticatedAt: number | null;
  /** How the user authenticated, such as `["pwd", "otp"]` (RFC 8176): a token's `amr`. Empty if unknown. */
  readonly methods: readonly string[];
  /** How strong that authentication was: a token's `acr` (RFC 9470 §6); `null` if unknown. */
  readonly acr: string | null;
  /**
   * When the credential was issued, in milliseconds since 1970: a token's `iat`, to the millisecond for our own tokens,
   * and 0 where a token does not say. `null` for a credential that no log-out everywhere ends, such as an API key. It
   * may lie ahead of the clock by the profile's `clockTolerance`, right after a log-out everywhere.
   */
  readonly issuedAt?: number | null;
}

/** The identity that a token shows. A token always says when it was issued: 0 stands for none. */
export interface TokenIdentity<Claims = unknown> extends Identity<Claims> {
  readonly issuedAt: number;
}

/** Tells whether a value is an identity. A promise of one is not. */
export function isIdentity(value: unknown): value is Identity {
  const { userId, scopes } = (value ?? {}) as Partial<Identity>;
  return typeof userId === "string" && userId !== "" && Array.isArray(scopes);
}

const NONE: readonly string[] = /* @__PURE__ */ Object.freeze([]);

/**
 * Makes the identity of signed claims.
 *
 * @param claims - the claims as the profile gives them
 * @param mapping - the profile's own functions that read a user's id and scopes, if it has any
 * @param credential - the name of the credential
 * @throws AuthError `invalid_token` (401) where the signed claims name no user
 */
export function createIdentity<Claims>(
  checked: CheckedClaims,
  claims: Claims,
  mapping: IdentityMapping | undefined,
  credential: string,
): TokenIdentity<Claims> {
  const { sub, scope = "", sid = null, auth_time, amr, acr, jti, iat } = checked;
  const userId = mapping?.userId === undefined ? sub : readUserId(mapping.userId, checked);
  if (userId === undefined) throw createTokenMismatch("sub", sub, "a user's id");
  const scopes = mapping?.scopes === undefined ? expectText(scope) : readScopes(mapping.scopes, checked);
  return Object.freeze({
    userId,
    scopes: typeof scopes === "string" ? splitScopes(scopes) : scopes,
    sid,
    claims,
    credential,
    authenticatedAt: readAuthTime(auth_time),
    methods: amr === undefined ? NONE : readMethods(amr),
    acr: typeof acr === "string" ? acr : null,
    issuedAt: readIssueTime(jti, iat),
  });
}

const MAPPING: OptionNames<IdentityMapping> = { userId: "optional", scopes: "optional" };

/** Checks the profile's own functions that read a user's id and scopes, if it has any. */
export function checkMapping(mapping: IdentityMapping | undefined, owner: string = "defineToken"): void {
  if (mapping === undefined) return;
  checkOptions(`${owner}: identity`, mapping, MAPPING);
  for (const [name, read] of Object.entries(mapping)) {
    checkFunction(`identity: ${name}`, read, "(claims) => claims.client_id");
  }
}

function readUserId(read: (claims: CheckedClaims) => unknown, checked: CheckedClaims): string {
  const id = callIdentityReader("userId", read, checked);
  const text = Number.isSafeInteger(id) ? String(id) : id;
  if (!isId(text)) throw createTokenMismatch("the identity's userId", id, AN_ID);
  return text;
}

/** Reads scopes in a string or a list. A name in a list is one name: "not admin" must not become two. */
function readScopes(read: (claims: CheckedClaims) => unknown, checked: CheckedClaims): string | readonly string[] {
  const scopes = callIdentityReader("scopes", read, checked) ?? "";
  return areStrings(scopes) ? Object.freeze(scopes.filter(Boolean)) : expectText(scopes);
}

function expectText(scopes: unknown): string {
  if (typeof scopes !== "string") throw createTokenMismatch("scope", scopes, "scopes in a string");
  return scopes;
}

function callIdentityReader(name: string, read: (claims: CheckedClaims) => unknown, checked: CheckedClaims): unknown {
  try {
    const found = read(checked);
    abandon(found);
    return found;
  } catch {
    throw createTokenError(`the profile's identity.${name} threw at the claims of this token`);
  }
}

/** Reads the time of authentication. A number that is too large for milliseconds counts as unknown. */
function readAuthTime(seconds: unknown): number | null {
  const time = typeof seconds === "number" ? seconds * 1_000 : Number.NaN;
  return Number.isFinite(time) ? time : null;
}

/**
 * Reads the methods of authentication. A claim of another type counts as none, and is no reason to refuse the token.
 */
function readMethods(amr: unknown): readonly string[] {
  return areStrings(amr) ? amr : NONE;
}

const scopesByText = new Map<string, readonly string[]>();

/** Splits a token's scopes. The lists are cached: making and freezing one takes longer than the rest of an identity. */
function splitScopes(text: string): readonly string[] {
  const known = scopesByText.get(text);
  if (known !== undefined) return known;
  const scopes = Object.freeze(text.split(" ").filter(Boolean));
  if (scopesByText.size < MAX_CACHED_SCOPES) scopesByText.set(text, scopes);
  return scopes;
}
