import type { TokenProfile } from "../core/token/profile.ts";
import type { StoredSession } from "../stores/contract.ts";
import type { SessionDetails } from "./details.ts";
import type { RefreshSettings } from "./refresh-options.ts";

/**
 * Computes when a session expires, unless it is used again. A session's own lifetimes count where they are shorter than
 * the configured ones.
 *
 * @param createdAt - when the session started, in milliseconds since 1970
 * @param usedAt - when it was used last, in milliseconds since 1970
 */
export function computeExpiry(
  refresh: RefreshSettings,
  details: SessionDetails,
  createdAt: number,
  usedAt: number,
): Date {
  const idle = Math.min(refresh.idleLifetime, details.idleLifetime ?? Number.POSITIVE_INFINITY);
  const absolute = Math.min(refresh.absoluteLifetime, details.absoluteLifetime ?? Number.POSITIVE_INFINITY);
  return new Date(Math.min(usedAt + idle, createdAt + absolute));
}

/** Counts the whole seconds from one instant, in milliseconds since 1970, to another. */
export function countSeconds(from: number, to: Date): number {
  return Math.floor((to.getTime() - from) / 1_000);
}

/** The session that an access token is issued in. */
export interface TokenSession extends Pick<StoredSession, "sid"> {
  /** When it expires, unless it is used again; `null` if another service keeps the session, so that this is unknown. */
  readonly expiresAt: Date | null;
}

/**
 * Computes how long an access token of a session is valid, in seconds: never beyond the session's end, since a verifier
 * without our stores only knows its `exp`. Below 1, the session is over.
 *
 * @param date - when the token is issued, in milliseconds since 1970
 */
export function limitToSession(
  { expiresIn }: Pick<TokenProfile, "expiresIn">,
  session: TokenSession | null,
  date: number,
): number {
  const end = session?.expiresAt ?? null;
  return end === null ? expiresIn : Math.min(expiresIn, countSeconds(Math.floor(date / 1_000) * 1_000, end));
}
