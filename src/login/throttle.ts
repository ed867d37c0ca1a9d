import type { CommonSettings } from "../authenticator/settings.ts";
import { digestOf } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { addressShare } from "../core/http/address.ts";
import { normaliseTyp } from "../core/token/header.ts";
import { internalsOf, isProfile, type TokenProfile } from "../core/token/profile.ts";
import { finding } from "../shared/finding.ts";
import { warningOnce } from "../shared/listener.ts";
import { checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { takeAnything } from "../store-calls/answers.ts";

/** What a throttle counts with: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface Limiter {
  /** Counts one attempt. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
  /** Takes one attempt back. */
  reward(key: string): Promise<unknown>;
}

/** How attempts to log in are limited. The two limiters are two objects, each with a `keyPrefix` of its own. */
export interface ThrottleOptions {
  /**
   * Counts the attempts at an account, such as 10 in 15 minutes: by the user that the store found, and by the login as it was
   * written, without case, accents and space around it. A good login takes back its own attempt. Its refusals say
   * `Retry-After: 60`, whatever the limiter says, since that would tell when somebody last logged in to the account.
   */
  readonly account: Limiter;
  /**
   * Counts the attempts from an address, such as 100 in an hour. A /64 of IPv6 is one address, and a /48 at most 16. Its
   * refusals say what the limiter says in `Retry-After`.
   */
  readonly address: Limiter;
  /**
   * A token profile for devices, with a `typ` of its own such as `"device+jwt"`, and a lifetime such as `"180d"`. A good
   * login then gives the client a device token. Attempts that come with it have a count of their own, so that whoever
   * guesses elsewhere can't keep the user out; without `device`, guessing keeps the user out for as long as it lasts.
   *
   * A change of the user's `passwordChangedAt` ends the device tokens from before. A user whose `passwordChangedAt` is
   * `undefined` gets none, and the process is warned of it once: such tokens could be hoarded and never ended. `null`, which
   * is a password that never changed, will do.
   */
  readonly device?: TokenProfile;
  /** What to do when a limiter is down: `"refuse"` (503), the default, or `"allow"`, uncounted. */
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

/** Checks how attempts are to be limited, beside the profile of access tokens. */
export function throttleSettings(options: ThrottleOptions, access: TokenProfile): ThrottleSettings {
  checkOptions("throttle", options, OPTIONS);
  const { account, address, device = null, onOutage = "refuse" } = options;
  for (const [name, limiter] of Object.entries({ account, address })) {
    if (limiter === undefined) throw new TypeError(`throttle: ${name} is missing; account and address are both needed`);
    checkMethods(`throttle: ${name}`, limiter, ["consume", "reward"]);
  }
  if (account === address) {
    throw new TypeError(
      "throttle: account and address are one limiter, with one limit: give each a limiter of its own",
    );
  }
  if (device !== null) checkDevice(device, access);
  if (onOutage !== "refuse" && onOutage !== "allow") {
    throw new TypeError('throttle: onOutage must be "refuse" or "allow"');
  }
  return { account, address, device, onOutage, warn: warningOnce() };
}

/** A device token must not pass for an access token, nor the other way round. */
function checkDevice(device: TokenProfile, access: TokenProfile): void {
  if (!isProfile(device)) throw new TypeError("throttle: device must be a profile made by defineToken");
  if (device.typ === null || access.typ === null || normaliseTyp(device.typ) === normaliseTyp(access.typ)) {
    throw new TypeError('throttle: device needs a typ that no other profile has, such as typ: "device+jwt"');
  }
  const { signer, schema } = internalsOf("throttle: device", device);
  if (signer === null || schema !== undefined) {
    throw new TypeError("throttle: device needs a profile whose first key signs, and without a schema for its claims");
  }
}

/** Whose attempt it is, once the user store was asked. */
interface Attempt {
  /** The login, as it was written. */
  readonly name: string;
  /** The id of the user that the store found; `null` where there is none. */
  readonly userId: string | null;
  /** The id of the user's device that it comes from, where it was recognised. */
  readonly deviceId: string | null;
}

/** Counts the attempts of one request, and takes back those at the account. */
export interface Counter {
  /** @throws AuthError `too_many_attempts` (429), or `unavailable` (503) in an outage and for an ip that is no address */
  countAddress(ip: string | undefined): Promise<void>;
  /** @throws AuthError `too_many_attempts` (429), or `unavailable` (503) in an outage */
  countAccount(attempt: Attempt): Promise<void>;
  /** Takes back what was counted at the account, once the login was good. */
  takeBack(): Promise<void>;
}

/** Counts nothing. */
const uncounted: Counter = {
  async countAddress() {},
  async countAccount() {},
  async takeBack() {},
};

/** Counts the attempts of one request, which may show several passwords: each is an attempt. */
export function counterOf({ throttle, budget }: CommonSettings, passwords: number): Counter {
  if (throttle === null) return uncounted;
  const { account, address } = throttle;
  const counted: string[] = [];
  let isDown = false;
  /** Once one was down, the others are not waited for: a request has no time for each of them. */
  const askLimiter = async (method: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (isDown) return null;
    return budget.ask(`throttle: ${method}`, call, takeAnything).catch((outage) => {
      if (throttle.onOutage === "refuse") throw outage;
      isDown = true;
      return null;
    });
  };
  /** Gives the milliseconds to wait where there are too many attempts, else `null`. */
  const consume = (limiter: Limiter, key: string): Promise<unknown> =>
    askLimiter("consume", () => limiter.consume(key).then(() => null, waitOf));
  const times = Array.from({ length: passwords });

  return {
    async countAddress(ip) {
      const key = digestOf(shareOf(ip));
      for (const _ of times) {
        const wait = await consume(address, key);
        if (typeof wait === "number") throw new AuthError("too_many_attempts", { retryAfter: secondsOf(wait) });
      }
    },
    async countAccount(attempt) {
      for (const _ of times) {
        for (const key of keysOf(attempt)) {
          // The wait is not said: a window that a good login opened ends sooner than one that the guesses opened.
          if ((await consume(account, key)) !== null) throw new AuthError("too_many_attempts");
          counted.push(key);
        }
      }
    },
    async takeBack() {
      // The login was good: what can't be written down now is, at worst, counted against the next.
      await Promise.allSettled(counted.map((key) => askLimiter("reward", () => account.reward(key))));
    },
  };
}

const REMEDY =
  "tell the framework which proxies to trust (Express: trust proxy, Fastify: trustProxy, Koa: proxy and maxIpsCount), or " +
  "give login the client's one address as origin.ip";

/**
 * What attempts from an address are counted by. All texts that are no address would share one count, so that one client
 * could lock out all others: they are refused.
 */
function shareOf(ip: unknown): string {
  const share = addressShare(ip);
  if (ip === undefined || share !== "unknown") return share;
  const cause = new TypeError(`the throttle counts by address, and ip is ${finding(ip)}, which is none: ${REMEDY}`);
  throw new AuthError("unavailable", { cause });
}

/**
 * What an attempt at an account is counted by. A user has one count however the login was written, and so has a login, so
 * that several ways to write it tell nobody whether the store takes them for one user, or has one at all.
 */
function keysOf({ name, userId, deviceId }: Attempt): readonly string[] {
  if (deviceId !== null) return [`device:${digestOf(deviceId)}`];
  const spelling = spellingOf(name);
  return [`login:${digestOf(spelling)}`, userId === null ? `nobody:${digestOf(spelling)}` : `user:${digestOf(userId)}`];
}

/** One spelling for all that stores commonly take for one login. */
function spellingOf(login: string): string {
  return login
    .normalize("NFKD")
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, "")
    .trim()
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ");
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
