import { AuthError } from "../core/errors.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import { readWait, toRetryAfter } from "../store-calls/limiter.ts";
import { type Attempt, chooseAddressKey, listAccountKeys } from "./attempt-keys.ts";
import type { ThrottledSettings } from "./settings.ts";
import type { Limiter } from "./throttle-options.ts";

/** Counts the attempts of one request, and takes those at the account back. */
export interface AttemptCounter {
  /**
   * @throws AuthError `too_many_attempts` (429); `unavailable` (503) in an outage, and for an ip that is not an address
   */
  countAddress(ip: string | undefined): Promise<void>;
  /** @throws AuthError `too_many_attempts` (429), or `unavailable` (503) in an outage */
  countAccount(attempt: Attempt): Promise<void>;
  /** Takes the attempts at the account back, after a successful login. */
  takeBack(): Promise<void>;
}

/** Counts nothing. */
const NO_COUNTER: AttemptCounter = {
  async countAddress() {},
  async countAccount() {},
  async takeBack() {},
};

/** Creates the counter of one request. Each of the request's passwords is one attempt. */
export function createCounter({ throttle, budget }: ThrottledSettings, passwords: number): AttemptCounter {
  if (throttle === null) return NO_COUNTER;
  const { account, address } = throttle;
  const attempts = Array.from({ length: passwords });
  const counted: string[] = [];
  let isDown = false;

  const callLimiter = async (method: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (isDown) return null; // A request has time to wait for one limiter that is down, and not for several.
    return budget.callStore(`throttle: ${method}`, call, acceptAnything).catch((outage) => {
      if (throttle.onOutage === "refuse") throw outage;
      isDown = true;
      return null;
    });
  };
  /** Counts one attempt. Returns the milliseconds to wait if there are too many, else `null`. */
  const consume = (limiter: Limiter, key: string): Promise<unknown> =>
    callLimiter("consume", () => limiter.consume(key).then(() => null, readWait));

  return {
    async countAddress(ip) {
      const key = chooseAddressKey(ip);
      for (const _ of attempts) {
        const wait = await consume(address, key);
        if (typeof wait === "number") throw new AuthError("too_many_attempts", { retryAfter: toRetryAfter(wait) });
      }
    },
    async countAccount(attempt) {
      for (const _ of attempts) {
        for (const key of listAccountKeys(attempt)) {
          // The wait is kept secret: it would reveal whether a successful login or a guess began the window.
          if ((await consume(account, key)) !== null) throw new AuthError("too_many_attempts");
          counted.push(key);
        }
      }
    },
    async takeBack() {
      // The login succeeded. At worst, an attempt that can't be taken back counts against the next login.
      await Promise.allSettled(counted.map((key) => callLimiter("reward", () => account.reward(key))));
    },
  };
}
