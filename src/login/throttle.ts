import type { CommonSettings } from "../authenticator/settings.ts";
import { digestOf } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { addressShare } from "../core/http/address.ts";
import { normaliseTyp } from "../core/token/header.ts";
import { internalsOf, isProfile, type TokenProfile } from "../core/token/profile.ts";
import { checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import { takeAnything } from "../store-calls/answers.ts";

/** What a throttle counts with: the shape of every limiter of rate-limiter-flexible (memory, Redis, Postgres …). */
export interface Limiter {
  /** Counts one attempt. Rejects with `{ msBeforeNext }` when there are too many, and with an Error in an outage. */
  consume(key: string): Promise<unknown>;
  /** Takes one attempt back. */
  reward(key: string): Promise<unknown>;
}

/** How attempts to log in are limited. Each limiter needs a `keyPrefix` of its own. */
export interface ThrottleOptions {
  /**
   * Counts the attempts at an account, such as 10 in 15 minutes: by the user that the store found, and by the login as it was
   * written, without case, accents and space around it. A good login takes back its own attempt.
   */
  readonly account: Limiter;
  /** Counts the attempts from an address, such as 100 in an hour. A /64 of IPv6 is one address, and a /48 at most 16. */
  readonly address: Limiter;
  /**
   * A token profile for devices, with a `typ` of its own such as `"device+jwt"`, and a lifetime such as `"180d"`. A good
   * login then gives the client a device token. Attempts that come with it have a count of their own, so that whoever
   * guesses elsewhere can't keep the user out. Users should have a `passwordChangedAt`: a change of it ends older tokens. Without it, guessing goes on to do so for as long as it lasts.
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
    checkMethods(`throttle: ${name}`, limiter, ["consume", "reward"]);
  }
  if (device !== null) checkDevice(device, access);
  if (onOutage !== "refuse" && onOutage !== "allow") {
    throw new TypeError('throttle: onOutage must be "refuse" or "allow"');
  }
  return { account, address, device, onOutage };
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
  /** @throws AuthError `too_many_attempts` (429), or `unavailable` (503) in an outage */
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
  const consume = async (limiter: Limiter, key: string): Promise<void> => {
    const wait = await askLimiter("consume", () => limiter.consume(key).then(() => null, waitOf));
    if (typeof wait === "number") throw new AuthError("too_many_attempts", { retryAfter: secondsOf(wait) });
  };
  const times = Array.from({ length: passwords });

  return {
    async countAddress(ip) {
      for (const _ of times) await consume(address, digestOf(addressShare(ip)));
    },
    async countAccount(attempt) {
      for (const _ of times) {
        for (const key of keysOf(attempt)) {
          await consume(account, key);
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
