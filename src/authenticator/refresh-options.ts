import { checkMethods, checkOptions } from "../core/options.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { ignore } from "../shared/listener.ts";
import type { RefreshStore } from "../stores/contract.ts";
import { type CookieSettings, cookieSettings, type RefreshCookieOptions } from "./cookie.ts";

/** How sessions are kept up by refresh tokens. */
export interface RefreshOptions {
  /** Where sessions live. */
  readonly store: RefreshStore;
  /** How long a session lives without being refreshed. `"14d"` by default. */
  readonly idleLifetime?: Duration;
  /** How long a session lives at the most: then the user logs in again. `"90d"` by default. */
  readonly absoluteLifetime?: Duration;
  /**
   * How long after it was spent a refresh token may be sent again, as two tabs of one browser or a client whose answer got
   * lost do. `"10s"` by default; 0 is strict. Later than that it was stolen, and its session ends.
   */
  readonly reuseGrace?: Duration;
  /** Hands the refresh token to browsers as a cookie. By default it is in the answer's body. */
  readonly cookie?: RefreshCookieOptions;
  /** Told when a spent refresh token was sent again, and its session therefore ended: somebody has stolen it. Nobody by default. */
  readonly onReuse?: (session: ReusedSession) => void;
}

/** The session that a spent refresh token belonged to. */
export interface ReusedSession {
  /** The session's id. */
  readonly sid: string;
  /** Whose it was. */
  readonly userId: string;
}

/** Refresh options, checked and with their defaults: lifetimes in milliseconds. */
export interface RefreshSettings {
  readonly store: RefreshStore;
  readonly idleLifetime: number;
  readonly absoluteLifetime: number;
  readonly reuseGrace: number;
  readonly cookie: CookieSettings | null;
  readonly onReuse: (session: ReusedSession) => void;
}

const METHODS = ["startSession", "findToken", "spend", "endSession", "endSessions", "sessions"] as const;
const OPTIONS = ["store", "idleLifetime", "absoluteLifetime", "reuseGrace", "cookie", "onReuse"] as const;

/** Checks how sessions are to be kept up. */
export function refreshSettings(options: RefreshOptions): RefreshSettings {
  checkOptions("refresh", options, OPTIONS);
  const { store, idleLifetime = "14d", absoluteLifetime = "90d", reuseGrace = "10s", onReuse = ignore } = options;
  checkMethods("refresh: store", store, METHODS);
  checkMethods("refresh", { onReuse }, ["onReuse"]);
  return {
    store,
    idleLifetime: toSeconds("idleLifetime", idleLifetime, 1) * 1_000,
    absoluteLifetime: toSeconds("absoluteLifetime", absoluteLifetime, 1) * 1_000,
    reuseGrace: toSeconds("reuseGrace", reuseGrace, 0) * 1_000,
    cookie: options.cookie === undefined ? null : cookieSettings(options.cookie),
    onReuse,
  };
}
