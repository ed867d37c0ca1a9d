import { digestOf, randomSecret } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import type { RefreshToken, Session, StoredRefreshToken } from "../stores/contract.ts";
import { isTokenOrNull } from "./answers.ts";
import { ask } from "./ask.ts";
import type { RefreshSettings } from "./refresh-options.ts";
import type { SessionSettings } from "./settings.ts";

/** A refresh token as the client gets it. */
export interface GivenRefreshToken {
  /** The token for the next refresh, good for one. */
  readonly refreshToken: string;
  /** How long it is good, in seconds. */
  readonly refreshExpiresIn: number;
}

/** A refresh token as the client gets it, and as it is stored. */
export interface RefreshTokens {
  readonly stored: RefreshToken;
  readonly given: GivenRefreshToken;
}

/** Makes a session's next refresh token: it ends when the session would, unused or at last. */
export function newRefreshToken(
  { idleLifetime, absoluteLifetime }: RefreshSettings,
  { createdAt }: Session,
  now: number,
): RefreshTokens {
  const refreshToken = randomSecret();
  const end = Math.min(now + idleLifetime, createdAt.getTime() + absoluteLifetime);
  return {
    stored: { tokenHash: digestOf(refreshToken), expiresAt: new Date(end) },
    given: { refreshToken, refreshExpiresIn: Math.floor((end - now) / 1_000) },
  };
}

/** The stored token; `null` where there is none, or its session was ended. */
export async function findRefreshToken(
  { refresh: { store }, storeTimeoutMs }: SessionSettings,
  refreshToken: unknown,
): Promise<StoredRefreshToken | null> {
  if (typeof refreshToken !== "string" || refreshToken === "") throw new AuthError("malformed_refresh_token");
  if (refreshToken.length > LONGEST) return null;
  const tokenHash = digestOf(refreshToken);
  const find = async () => store.findToken(tokenHash);
  return ask("refresh.findToken", storeTimeoutMs, find, (answer) => isTokenOrNull(answer, tokenHash));
}

const LONGEST = 1_024;
