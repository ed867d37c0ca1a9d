import { randomInt, timingSafeEqual } from "node:crypto";
import { type Duration, readClock } from "../core/time.ts";
import { HOUR_MS } from "../shared/clock.ts";
import { DEFAULT_TRIES } from "../shared/limits.ts";
import { checkInteger, checkOptions, type OptionNames } from "../shared/options.ts";
import { isText } from "../shared/text.ts";
import { checkTry } from "../store-calls/one-time-answers.ts";
import { bindOperation } from "../store-calls/operation.ts";
import type { OneTimeTry } from "../stores/contract.ts";
import { checkOneTimeOptions, ONE_TIME_OPTIONS, type OneTimeOptions } from "./options.ts";
import {
  computeRecordDigest,
  type GivenData,
  type OneTimeCall,
  type OneTimeResult,
  putRecord,
  refuseRecord,
  revokeRecord,
  takeRecord,
} from "./record.ts";

/** The options of {@link createOneTimeCodes}. */
export interface OneTimeCodeOptions extends OneTimeOptions {
  /** How long a code is valid: up to a day. `"10m"` by default, which is what NIST SP 800-63B allows. */
  readonly lifetime?: Duration;
  /** How many digits a code has: 6 to 8. 6 by default. */
  readonly digits?: number;
  /**
   * How many tries a user has for all codes together, from 1 to 10: in the hour that begins with the first try, or in a
   * code's lifetime where that is longer. 5 by default. A code that is issued meanwhile brings no further tries. The
   * right code within the tries resets the count.
   */
  readonly tries?: number;
}

/** A code that was issued. */
export interface IssuedOneTimeCode {
  /** The code: digits, with leading zeros. */
  readonly code: string;
  /** When it expires. */
  readonly expiresAt: Date;
}

/** Codes of one purpose, short enough to be typed, each valid for one use. */
export interface OneTimeCodes<Data = null> {
  /**
   * Issues a code to a user, and invalidates any earlier code of this user for the same purpose. The tries that were
   * used up stay used up.
   *
   * @param given - the data that `consume` gives back: at most 4096 characters of JSON
   * @throws TypeError when the user's id or the data can't be stored
   * @throws AuthError `unavailable` (503) in an outage. It is safe to call it again.
   */
  issue(userId: string, ...given: GivenData<Data>): Promise<IssuedOneTimeCode>;
  /**
   * Consumes a user's code. Of any number of calls with the right code, exactly one gets what the code was issued for.
   * A wrong code, and any code once all tries are used up, gets `null`.
   *
   * @param userId - the user's id, as the request has it
   * @param code - the code, as the request has it: text that can't be a code costs no try
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again, and may have cost a try. If the store
   * consumed the code and its answer was lost, the next answer is `null`, and another code has to be issued.
   */
  consume(userId: unknown, code: unknown): Promise<OneTimeResult<Data> | null>;
  /**
   * Invalidates the code of a user. It is not an error if there is none.
   *
   * @throws TypeError when it is not a user's id
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again.
   */
  revoke(userId: string): Promise<void>;
}

const OWNER = "createOneTimeCodes";
const OPTIONS: OptionNames<OneTimeCodeOptions> = {
  ...ONE_TIME_OPTIONS,
  lifetime: "optional",
  digits: "optional",
  tries: "optional",
};
const DAY_SECONDS = 86_400;

/**
 * Creates codes of 6 to 8 digits for a mail or a text message, each valid for one use. An attacker has few tries,
 * however many codes are issued and however many requests come at once: with 6 digits and 5 tries, one right guess
 * takes 200,000 hours on average. A code proves only that somebody reads the user's messages, so ask for something else
 * first. Anybody who gets that far can use up the tries: the user's own code is then refused until the hour is over.
 *
 * @typeParam Data - the JSON data that is stored with each code; `null` by default
 * @throws TypeError when an option is missing, unknown or of the wrong type
 *
 * @example
 * ```ts
 * const codes = createOneTimeCodes({ store, purpose: "second-factor" });
 * const { code } = await codes.issue("user-1"); // "049251"
 * const proof = await codes.consume("user-1", code); // { userId: "user-1", … }, and null ever after
 * ```
 */
export function createOneTimeCodes<Data = null>(options: OneTimeCodeOptions): OneTimeCodes<Data> {
  checkOptions(OWNER, options, OPTIONS);
  const settings = checkOneTimeOptions(OWNER, "code", options, options.lifetime ?? "10m", DAY_SECONDS);
  const digits = checkInteger(`${OWNER}: digits`, options.digits ?? 6, 6, 8);
  const tries = checkInteger(`${OWNER}: tries`, options.tries ?? DEFAULT_TRIES, 1, 10);
  const period = Math.max(settings.lifetime, HOUR_MS);
  const spelling = new RegExp(`^[0-9]{${digits}}$`);
  const digestCode = (userId: string, code: string): string => computeRecordDigest(settings.purpose, userId, code);

  const issue = async (call: OneTimeCall, userId: string, data: unknown = null): Promise<IssuedOneTimeCode> => {
    const code = String(randomInt(10 ** digits)).padStart(digits, "0");
    return { code, expiresAt: await putRecord(call, userId, data, digestCode(userId, code)) };
  };
  const consume = async (call: OneTimeCall, userId: unknown, code: unknown): Promise<OneTimeResult<Data> | null> => {
    if (!isText(userId) || typeof code !== "string" || !spelling.test(code)) return refuseRecord(call, null);
    const digest = digestCode(userId, code);
    // The try is counted before anything is compared, so that concurrent requests have no more tries than others.
    const counted = await countTry(call, userId);
    if (counted === null) return refuseRecord(call, null); // The id may be of no user, so the event leaves it out.
    if (counted.tries > tries) return refuseRecord(call, userId, "tries");
    const taken = areDigestsEqual(counted.digest, digest) ? await takeRecord<Data>(call, digest) : null;
    return taken ?? refuseRecord(call, userId);
  };
  const countTry = async ({ store, budget, purpose, now }: OneTimeCall, userId: string): Promise<OneTimeTry | null> => {
    const at = readClock(now);
    const count = async () => store.countTry(purpose, userId, new Date(at), new Date(at + period));
    return budget.callStore("oneTime.countTry", count, checkTry);
  };

  return Object.freeze({
    issue: bindOperation("issue", settings, issue),
    consume: bindOperation("consume", settings, consume),
    revoke: bindOperation("revoke", settings, revokeRecord),
  });
}

/** Compares two digests in constant time. */
function areDigestsEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
