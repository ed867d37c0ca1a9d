import { digestOf, randomSecret } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { MAX_REFRESH_TOKENS } from "../shared/limits.ts";

/** A refresh token as the client gets it. */
export interface GivenRefreshToken {
  /** The token for the next refresh. */
  readonly refreshToken: string;
  /** How long it is good, in seconds. */
  readonly refreshExpiresIn: number;
}

/** What is stored of a refresh token: the first 132 bits of a SHA-256, as many as nobody can find a second text for. */
export interface RefreshTokenDigests {
  /** Of the part that all tokens of a session share: whoever knows that part held one of them. */
  readonly family: string;
  /** Of the whole token. */
  readonly token: string;
}

/** How many characters all tokens of a session share: 126 bits. What follows is 130 bits of a token's own. */
const SHARED = 21;
const DIGEST = 22;
const TOKEN = /^[\w-]{43}$/;

/** A refresh token of a session that begins: 32 random bytes. */
export function firstRefreshToken(): string {
  return randomSecret();
}

/** The next refresh token of the session that a token belongs to. */
export function nextRefreshToken(token: string): string {
  return token.slice(0, SHARED) + randomSecret().slice(SHARED);
}

/** What is stored of a token. */
export function digestsOf(token: string): RefreshTokenDigests {
  return { family: shortDigestOf(token.slice(0, SHARED)), token: shortDigestOf(token) };
}

function shortDigestOf(text: string): string {
  return digestOf(text).slice(0, DIGEST);
}

/**
 * The refresh tokens that a client sent: one, or several of one name. What can't be any is left out, and so is what comes
 * after the eighth.
 *
 * @throws AuthError `malformed_refresh_token` (400) where it is no text and no list
 */
export function refreshTokensIn(sent: unknown): readonly string[] {
  if (!Array.isArray(sent) && (typeof sent !== "string" || sent === "")) throw new AuthError("malformed_refresh_token");
  return [sent].flat().filter(isRefreshToken).slice(0, MAX_REFRESH_TOKENS);
}

function isRefreshToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value);
}
