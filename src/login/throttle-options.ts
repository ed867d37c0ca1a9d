import { normaliseTyp } from "../core/token/media-type.ts";
import { isProfile, readInternals, type TokenProfile } from "../core/token/profile.ts";
import { createWarning } from "../shared/listener.ts";
import { checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { LIMITER } from "../store-calls/limiter.ts";

/** A counter of attempts: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface Limiter {
  /** Counts one attempt. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
  /** Takes one attempt back. */
  reward(key: string): Promise<unknown>;
}

/** The limits of attempts to log in. The two limiters are two objects, each with a `keyPrefix` of its own. */
export interface ThrottleOptions {
  /**
   * Counts the attempts at an account, such as 10 in 15 minutes: by the user that the store found, and by the login as
   * it was written, without case, accents and space around it. A successful login takes back its own attempt. Refusals
   * say `Retry-After: 60`, whatever the limiter says: its time would reveal when somebody last logged in to the
   * account.
   */
  readonly account: Limiter;
  /**
   * Counts the attempts from an address, such as 100 in an hour. A /64 of IPv6 is one address, and a /48 at most 16.
   * The `Retry-After` of a refusal is the time of the limiter.
   */
  readonly address: Limiter;
  /**
   * A token profile for devices, with a `typ` of its own such as `"device+jwt"`, and a lifetime such as `"180d"`. None
   * by default: an attacker who guesses passwords then locks the user out, too. With it, a successful login gives the
   * client a device token. Attempts with that token have a count of their own, so that guessing from elsewhere can't
   * lock the user out.
   *
   * A change of the user's `passwordChangedAt` invalidates earlier device tokens. A user whose `passwordChangedAt` is
   * `undefined` gets none, and the process is warned once: such tokens could be hoarded and never invalidated. `null`
   * is fine, and means that the password never changed.
   */
  readonly device?: TokenProfile;
  /** What to do when a limiter is down. `"refuse"` by default, which is 503; `"allow"` goes on without counting. */
  readonly onOutage?: "refuse" | "allow";
}

/** Throttle options, checked and with their defaults. */
export interface ThrottleSettings {
  readonly account: Limiter;
  readonly address: Limiter;
  readonly device: TokenProfile | null;
  readonly onOutage: "refuse" | "allow";
  /** Warns the process, once. */
  readonly warn: (message: string) => void;
}

const OPTIONS: OptionNames<ThrottleOptions> = {
  account: "required",
  address: "required",
  device: "optional",
  onOutage: "optional",
};

/**
 * Checks throttle options.
 *
 * @param access - the profile of access tokens: a device token must not be accepted as one
 */
export function checkThrottleOptions(options: ThrottleOptions, access: TokenProfile): ThrottleSettings {
  const isLimiter = typeof (options as Partial<Limiter> | null)?.consume === "function";
  if (isLimiter) throw new TypeError("throttle takes { account, address }: two limiters");
  checkOptions("throttle", options, OPTIONS);
  const { account, address, device = null, onOutage = "refuse" } = options;
  for (const [name, limiter] of Object.entries({ account, address })) {
    if (limiter === undefined) throw new TypeError(`throttle: ${name} is missing; account and address are both needed`);
    checkMethods(`throttle: ${name}`, limiter, ["consume", "reward"], LIMITER);
  }
  if (account === address) {
    throw new TypeError(
      "throttle: account and address are one limiter, with one limit: give each a limiter of its own",
    );
  }
  if (shareCounts(account, address)) {
    throw new TypeError("throttle: account and address count under one keyPrefix of one client: give each its own");
  }
  if (device !== null) checkDevice(device, access);
  if (onOutage !== "refuse" && onOutage !== "allow") {
    throw new TypeError('throttle: onOutage must be "refuse" or "allow"');
  }
  return { account, address, device, onOutage, warn: createWarning() };
}

/** The members by which a limiter of rate-limiter-flexible says in which store it keeps its counts. */
interface StoredCounts {
  readonly client?: unknown;
  readonly keyPrefix?: unknown;
  readonly tableName?: unknown;
}

/**
 * Tells whether two limiters count in one place. This is unknown for limiters of other libraries, and for unreadable
 * ones.
 */
function shareCounts(one: Limiter & StoredCounts, other: Limiter & StoredCounts): boolean {
  try {
    const { client, keyPrefix, tableName } = one;
    const isStored = client !== undefined && keyPrefix !== undefined;
    return isStored && client === other.client && keyPrefix === other.keyPrefix && tableName === other.tableName;
  } catch {
    return false;
  }
}

function checkDevice(device: TokenProfile, access: TokenProfile): void {
  if (!isProfile(device)) throw new TypeError("throttle: device must be a profile made by defineToken");
  if (device.typ === null || access.typ === null || normaliseTyp(device.typ) === normaliseTyp(access.typ)) {
    throw new TypeError('throttle: device needs a typ that no other profile has, such as typ: "device+jwt"');
  }
  const { keys, schema, issues } = readInternals("throttle: device", device);
  if (!issues || keys.current()?.set.current === null || schema !== undefined) {
    throw new TypeError("throttle: device needs a profile whose first key signs, and without a schema for its claims");
  }
}
