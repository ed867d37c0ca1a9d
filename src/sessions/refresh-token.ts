import { computeDigest, createSecret } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { describeMissing } from "../shared/describe.ts";
import { MAX_REFRESH_TOKENS } from "../shared/limits.ts";
import { refusePromise } from "../shared/promise.ts";
import { FILLED, isFilled } from "../shared/text.ts";

/** What is stored of a refresh token: the first 132 bits of SHA-256, which are enough against a second preimage. */
export interface RefreshTokenDigests {
  /** The digest of the part that all tokens of a session share. Whoever knows that part held one of them. */
  readonly family: string;
  /** The digest of the whole token. */
  readonly token: string;
}

/** How many characters all tokens of a session share: 126 bits. The other 130 bits are a token's own. */
const SHARED = 21;
const DIGEST = 22;
const TOKEN = /^[\w-]{43}$/;

/** Creates the refresh token of a session that starts: 32 random bytes. */
export function createRefreshToken(): string {
  return createSecret();
}

/** Creates the next refresh token of the session that a token belongs to. */
export function createSuccessor(token: string): string {
  return token.slice(0, SHARED) + createSecret().slice(SHARED);
}

/** Computes what is stored of a refresh token. */
export function digestRefreshToken(token: string): RefreshTokenDigests {
  return { family: digestPart(token.slice(0, SHARED)), token: digestPart(token) };
}

function digestPart(text: string): string {
  return computeDigest(text).slice(0, DIGEST);
}

/**
 * Reads the refresh tokens that a client sent: one, or a list. A value that can't be a refresh token is left out, and
 * so is every token after the eighth.
 *
 * @throws AuthError `malformed_refresh_token` (400) where it is neither text nor a list
 */
export function readRefreshTokens(sent: unknown): readonly string[] {
  if (!Array.isArray(sent) && !isFilled(sent)) {
    const cause = new Error(`a refresh token is ${FILLED}, or a list of them: this is ${describeMissing(sent)}`);
    throw new AuthError("malformed_refresh_token", { cause });
  }
  const tokens: readonly unknown[] = [sent].flat();
  for (const token of tokens) refusePromise("a refresh token", token);
  return tokens.filter(isRefreshToken).slice(0, MAX_REFRESH_TOKENS);
}

function isRefreshToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value);
}
