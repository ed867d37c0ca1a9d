import { digestOf, randomSecret } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";

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
const LONGEST = 1_024;
/** How many refresh tokens one request may carry: cookies of one name, at several paths. */
export const MOST_TOKENS = 8;

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
 * The refresh tokens that a client sent: one, or several of one name, of which those that can't be any are left out.
 *
 * @throws AuthError `malformed_refresh_token` (400) where there is none, or something else
 */
export function refreshTokensIn(sent: unknown): readonly string[] {
  const tokens: readonly unknown[] = Array.isArray(sent) ? sent : [sent];
  if (
    tokens.length === 0 ||
    tokens.length > MOST_TOKENS ||
    !tokens.every((it) => typeof it === "string" && it !== "")
  ) {
    throw new AuthError("malformed_refresh_token");
  }
  return (tokens as readonly string[]).filter(({ length }) => length <= LONGEST);
}
