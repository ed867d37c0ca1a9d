import { type CookieOptions, type CookieSettings, checkCookieOptions } from "../core/http/cookie-options.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { assert } from "../shared/assert.ts";
import { DEFAULT_MAX_SESSIONS } from "../shared/limits.ts";
import { ignore } from "../shared/listener.ts";
import { checkFunction, checkInteger, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { readSafely } from "../shared/read.ts";
import { Turns } from "../shared/turns.ts";
import { findPlaces, type StatusListPlaces } from "../status-list/places.ts";
import type { StatusList } from "../status-list/status-list.ts";
import type { RefreshStore } from "../stores/contract.ts";

/** The options of sessions, which refresh tokens keep alive. */
export interface RefreshOptions {
  /** The store of the sessions. */
  readonly store: RefreshStore;
  /** How long a session lives without being refreshed. `"14d"` by default, and never longer than `absoluteLifetime`. */
  readonly idleLifetime?: Duration;
  /** How long a session lives at the most. After that the user logs in again. `"90d"` by default. */
  readonly absoluteLifetime?: Duration;
  /**
   * How long after the use of a refresh token its siblings and its parent may still be used, as happens when requests
   * of two tabs cross. `"10s"` by default. A later use counts as theft, and the session ends. A token may be used again
   * at any time while none of its successors was used: its answer was lost. 0 is strict: each token gets exactly one
   * answer, and a client that loses it loses its session.
   */
  readonly reuseGrace?: Duration;
  /** How many sessions a user may have at once. One more ends the least recently used session. 100 by default. */
  readonly maxSessions?: number;
  /**
   * The status lists that tell other services which sessions have ended: `createStatusList` of `hallpass/status-list`.
   * The access tokens of each session that begins with this option name its place in a list, in their claim `status`.
   * A session that began with other lists is marked in those, if they are among `previous` of these.
   * None by default.
   */
  readonly statusList?: StatusList;
  /** Hands the refresh token to browsers as a cookie. By default it is in the answer's body. */
  readonly cookie?: CookieOptions;
  /**
   * A listener that is told when a session was ended because two clients used one refresh token: one of the two has
   * stolen it. The listener may be told twice of one session, if the first request was interrupted. None by default.
   */
  readonly onReuse?: (session: ReusedSession) => unknown;
}

/** The session that a stolen refresh token belonged to. */
export interface ReusedSession {
  /** The session's id. */
  readonly sid: string;
  /** The user whose session it was. */
  readonly userId: string;
}

/** Refresh options, checked and with their defaults. Lifetimes are in milliseconds. */
export interface RefreshSettings {
  readonly store: RefreshStore;
  readonly idleLifetime: number;
  readonly absoluteLifetime: number;
  readonly reuseGrace: number;
  readonly maxSessions: number;
  /** The places of sessions in status lists; `null` where there are none. */
  readonly statuses: StatusListPlaces | null;
  /** `null` where the refresh token is in the body. */
  readonly cookie: CookieSettings | null;
  readonly onReuse: (session: ReusedSession) => unknown;
  /** The refreshes of one session that are under way in this process. */
  readonly turns: Turns;
}

const METHODS = [
  "endings",
  "startSession",
  "findSession",
  "replaceSession",
  "endSession",
  "endSessions",
  "deleteSessions",
  "sessions",
] as const;
const OPTIONS: OptionNames<RefreshOptions> = {
  store: "required",
  idleLifetime: "optional",
  absoluteLifetime: "optional",
  reuseGrace: "optional",
  maxSessions: "optional",
  statusList: "optional",
  cookie: "optional",
  onReuse: "optional",
};

/** Checks refresh options. */
export function checkRefreshOptions(options: RefreshOptions): RefreshSettings {
  const isStore = () => typeof (options as Partial<RefreshStore> | null)?.findSession === "function";
  if (readSafely("refresh", isStore)) {
    throw new TypeError("refresh is a store: give it as refresh: { store }");
  }
  checkOptions("refresh", options, OPTIONS);
  const { store, idleLifetime = "14d", absoluteLifetime = "90d", reuseGrace = "10s" } = options;
  const { maxSessions = DEFAULT_MAX_SESSIONS, onReuse = ignore } = options;
  checkMethods("refresh: store", store, METHODS, "memoryRefreshStore() of hallpass/stores/memory");
  checkFunction("refresh: onReuse", onReuse, "({ sid, userId }) => logger.warn({ sid, userId })");
  const idle = toSeconds("idleLifetime", idleLifetime, 1);
  const absolute = toSeconds("absoluteLifetime", absoluteLifetime, 1);
  if (options.idleLifetime !== undefined && idle > absolute) {
    throw new TypeError(
      'refresh: idleLifetime is longer than absoluteLifetime ("90d" by default): shorten it, or ' +
        "lengthen absoluteLifetime",
    );
  }
  return {
    store,
    idleLifetime: idle * 1_000,
    absoluteLifetime: absolute * 1_000,
    reuseGrace: toSeconds("reuseGrace", reuseGrace, 0) * 1_000,
    maxSessions: checkInteger("maxSessions", maxSessions, 1, 10_000),
    statuses: options.statusList === undefined ? null : readStatusPlaces(options.statusList),
    cookie: options.cookie === undefined ? null : checkCookieOptions("refresh: cookie", "refresh", options.cookie),
    onReuse,
    turns: new Turns(),
  };
}

function readStatusPlaces(statusList: StatusList): StatusListPlaces {
  const places = findPlaces(statusList);
  assert(places !== undefined, "refresh: statusList must be what createStatusList of hallpass/status-list makes");
  return places;
}
