import { formatChallenge } from "../core/http/challenge.ts";
import { isProfile, type TokenProfile } from "../core/token/profile.ts";
import { DEFAULT_REQUEST_TIMEOUT_MS, DEFAULT_STORE_TIMEOUT_MS } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkMethods, checkText, type OptionNames } from "../shared/options.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import type { Blocklist } from "../stores/contract.ts";

/** What a {@link Guard} is made of. */
export interface GuardOptions<Profile extends TokenProfile = TokenProfile> {
  /** The kind of token to let in. */
  readonly token: Profile;
  /** What was revoked before it expired. None by default: a token is then good until it expires. */
  readonly blocklist?: Blocklist;
  /** The protection space that challenges name (RFC 9110 §11.5). `"api"` by default. */
  readonly realm?: string;
  /** How long one call of a store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /** How long all calls that one request makes may take, hashing included, in milliseconds. 5000 by default. */
  readonly requestTimeoutMs?: number;
  /**
   * A listener that is told once for each request that is refused with 503 (`unavailable`, or `overloaded` at a login),
   * and once for each that went on without a store that was down. The error's `cause` says what happened, for a log.
   * The listener can't change the answer. By default the process is warned of the first outage.
   *
   * @example
   * ```ts
   * const onOutage: OutageListener = (error, { operation, call }) => logger.error({ err: error, operation, call });
   * createGuard({ token, blocklist, onOutage });
   * ```
   */
  readonly onOutage?: OutageListener;
}

/** The options of a guard, by name. */
export const GUARD_OPTIONS: OptionNames<GuardOptions> = {
  token: "required",
  blocklist: "optional",
  realm: "optional",
  storeTimeoutMs: "optional",
  requestTimeoutMs: "optional",
  onOutage: "optional",
};

/** Guard options, checked and with their defaults. */
export interface GuardSettings<Profile extends TokenProfile = TokenProfile> {
  readonly token: Profile;
  readonly blocklist: Blocklist | null;
  readonly realm: string;
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly onOutage: OutageListener;
}

/** Checks the options that guards and authenticators have in common. */
export function checkGuardOptions<Profile extends TokenProfile>(
  options: GuardOptions<Profile>,
): GuardSettings<Profile> {
  const { token, blocklist, realm = "api", onOutage = warnOfFirstOutage() } = options;
  const { storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
  if (!isProfile(token)) throw new TypeError("token must be a profile made by defineToken");
  if (blocklist !== undefined) {
    checkMethods("blocklist", blocklist, ["revokeToken", "revokeSession", "revokeUser", "isRevoked"]);
  }
  formatChallenge({ realm: checkText("realm", realm) });
  checkInteger("storeTimeoutMs", storeTimeoutMs, 1, 600_000);
  checkInteger("requestTimeoutMs", requestTimeoutMs, 1, 600_000);
  checkFunction("onOutage", onOutage, "(error, { operation, call }) => logger.error({ err: error, operation, call })");
  return { token, blocklist: blocklist ?? null, realm, storeTimeoutMs, requestTimeoutMs, onOutage };
}
