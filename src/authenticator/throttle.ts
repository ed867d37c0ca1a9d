import { addressGroup, addressShare } from "../core/address.ts";
import { digestOf } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { isAnything } from "./answers.ts";
import type { CommonSettings } from "./settings.ts";

/** What a throttle counts with: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface Limiter {
  /** Counts one attempt. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
  /** What was counted; `null` when nothing was. */
  get(key: string): Promise<unknown>;
  /** Forgets what was counted. */
  delete(key: string): Promise<unknown>;
}

/** How attempts to log in are limited. Each limiter needs a `keyPrefix` of its own. */
export interface ThrottleOptions {
  /** Counts the attempts at an account, such as 10 in 15 minutes. A good login clears the count. */
  readonly account: Limiter;
  /** Counts the attempts from an address, such as 100 in an hour. A /64 of IPv6 is one address, and a /48 at most 16. */
  readonly address: Limiter;
  /**
   * Remembers from which addresses an account's user has logged in, such as for 20 days (the memory limiter's timers reach
   * no further than 24): those have a count of their own, which nobody elsewhere can use up. Without it, whoever goes on
   * guessing keeps the user from logging in.
   */
  readonly known?: Limiter;
  /** What to do when a limiter is down: `"refuse"` (503), the default, or `"allow"`, uncounted. */
  readonly onOutage?: "refuse" | "allow";
}

/** Throttle options, checked and with their defaults. */
export interface ThrottleSettings {
  readonly account: Limiter;
  readonly address: Limiter;
  readonly known: Limiter | null;
  readonly onOutage: "refuse" | "allow";
}

const OPTIONS: OptionNames<ThrottleOptions> = {
  account: "required",
  address: "required",
  known: "optional",
  onOutage: "optional",
};

/** Checks how attempts are to be limited. */
export function throttleSettings(options: ThrottleOptions): ThrottleSettings {
  checkOptions("throttle", options, OPTIONS);
  const { account, address, known, onOutage = "refuse" } = options;
  for (const [name, limiter] of Object.entries({ account, address, ...(known !== undefined && { known }) })) {
    checkMethods(`throttle: ${name}`, limiter, ["consume", "get", "delete"]);
  }
  if (onOutage !== "refuse" && onOutage !== "allow") {
    throw new TypeError('throttle: onOutage must be "refuse" or "allow"');
  }
  return { account, address, known: known ?? null, onOutage };
}

/** What a good login does to the counts. */
export type Clear = () => Promise<void>;

/**
 * Counts an attempt to log in, for its address and for its account, before any work is done for it.
 *
 * @returns what clears the account's count once the login was good
 * @throws AuthError `too_many_attempts` (429), or `unavailable` (503) in an outage
 */
export async function countAttempt(
  { throttle, budget }: CommonSettings,
  login: string,
  ip: string | undefined,
): Promise<Clear> {
  if (throttle === null) return async () => undefined;
  const { account, address, known } = throttle;
  let isDown = false;
  /** Once one was down, the others are not waited for: a request has no time for each of them. */
  const askLimiter = async (method: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (isDown) return null;
    return budget.ask(`throttle: ${method}`, call, isAnything).catch((outage) => {
      if (throttle.onOutage === "refuse") throw outage;
      isDown = true;
      return null;
    });
  };
  const consume = async (limiter: Limiter, key: string): Promise<void> => {
    const wait = await askLimiter("consume", () => limiter.consume(key).then(() => null, waitOf));
    if (typeof wait === "number") throw new AuthError("too_many_attempts", { retryAfter: secondsOf(wait) });
  };

  const from = addressGroup(ip);
  const name = spellingOf(login);
  const pair = digestOf(JSON.stringify([name, from]));
  await consume(address, digestOf(addressShare(ip)));
  const isKnown = known !== null && (await askLimiter("get", () => known.get(pair))) !== null;
  const key = isKnown ? pair : digestOf(name);
  await consume(account, key);
  return async () => {
    const forget = askLimiter("delete", () => account.delete(key));
    const remember = known === null ? null : askLimiter("consume", () => known.consume(pair));
    // The login was good: what can't be written down now is, at worst, counted against the next.
    await Promise.allSettled([forget, remember]);
  };
}

/** One spelling for all that most stores take for one login, or each would have a count of its own. */
function spellingOf(login: string): string {
  return login.normalize("NFKC").trim().toLowerCase();
}

/** How long a limiter says to wait, in milliseconds; whatever else it rejected with is its outage. */
function waitOf(rejection: unknown): number {
  const { msBeforeNext } = (rejection ?? {}) as { msBeforeNext?: unknown };
  if (typeof msBeforeNext !== "number" || Number.isNaN(msBeforeNext)) throw rejection;
  return msBeforeNext;
}

const LONGEST_WAIT = 86_400;

function secondsOf(wait: number): number {
  return Math.min(Math.max(Math.ceil(wait / 1_000), 1), LONGEST_WAIT);
}
