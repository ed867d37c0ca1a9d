import { randomSecret } from "../core/digest.ts";
import type { Duration } from "../core/time.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { bindOperation } from "../store-calls/operation.ts";
import { checkOneTimeOptions, ONE_TIME_OPTIONS, type OneTimeOptions } from "./options.ts";
import {
  digestFor,
  type GivenData,
  type OneTimeCall,
  type OneTimeResult,
  putRecord,
  refuseRecord,
  revokeRecord,
  takeRecord,
} from "./record.ts";

/** The options of {@link createOneTimeTokens}. */
export interface OneTimeTokenOptions extends OneTimeOptions {
  /** How long a token is good: `"1h"` for a reset, `"7d"` for an invitation, `"30s"` for a ticket. */
  readonly lifetime: Duration;
}

/** A token that was issued. */
export interface IssuedOneTimeToken {
  /** The token, 43 characters of base64url. It is shown once: only a digest of it is stored. */
  readonly token: string;
  /** When it expires. */
  readonly expiresAt: Date;
}

/** Tokens of one purpose, each good for one use. */
export interface OneTimeTokens<Data = null> {
  /**
   * Issues a token to a user. What was issued before to the same user for the same purpose is worthless from then on.
   *
   * @param given - the data that `consume` is to give back: at most 4096 characters of JSON
   * @throws TypeError when the user's id or the data can't be stored
   * @throws AuthError `unavailable` (503) in an outage. To issue again is safe.
   */
  issue(userId: string, ...given: GivenData<Data>): Promise<IssuedOneTimeToken>;
  /**
   * Takes a token. Of any number of calls with one token, exactly one is answered with what it was issued for, and the
   * others with `null`.
   *
   * @param token - as a request has it: anything that is no good token is answered with `null`
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again. The token may be spent all the same,
   * where the store took it and its answer was lost: `null` then, and another token has to be issued.
   */
  consume(token: unknown): Promise<OneTimeResult<Data> | null>;
  /**
   * Makes the token worthless that was issued to a user. That there is none is no error.
   *
   * @throws TypeError when it is no user's id
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again.
   */
  revoke(userId: string): Promise<void>;
}

const OWNER = "createOneTimeTokens";
const OPTIONS: OptionNames<OneTimeTokenOptions> = { ...ONE_TIME_OPTIONS, lifetime: "required" };
const TOKEN = /^[\w-]{43}$/;

/**
 * Creates tokens that are good for one use each, for links and tickets: 32 random bytes, of which a SHA-256 is stored.
 * Send them where only the user looks, such as a mailbox, and in the part of a link behind `#`, which no server logs.
 *
 * @typeParam Data - what is stored with each token, as JSON has it; nothing (`null`) by default
 * @throws TypeError when an option is missing, unknown or of the wrong type
 *
 * @example
 * ```ts
 * const resets = createOneTimeTokens({ store, purpose: "password-reset", lifetime: "1h" });
 * const { token } = await resets.issue("user-1");
 * const reset = await resets.consume(token); // { userId: "user-1", … }, and null ever after
 * ```
 */
export function createOneTimeTokens<Data = null>(options: OneTimeTokenOptions): OneTimeTokens<Data> {
  checkOptions(OWNER, options, OPTIONS);
  const settings = checkOneTimeOptions(OWNER, "token", options, options.lifetime);
  const digestToken = (token: string): string => digestFor(settings.purpose, token);

  const issue = async (call: OneTimeCall, userId: string, data: unknown = null): Promise<IssuedOneTimeToken> => {
    const token = randomSecret();
    return { token, expiresAt: await putRecord(call, userId, data, digestToken(token)) };
  };
  const consume = async (call: OneTimeCall, token: unknown): Promise<OneTimeResult<Data> | null> => {
    const isToken = typeof token === "string" && TOKEN.test(token);
    return (isToken ? await takeRecord<Data>(call, digestToken(token)) : null) ?? refuseRecord(call, null);
  };

  return Object.freeze({
    issue: bindOperation("issue", settings, issue),
    consume: bindOperation("consume", settings, consume),
    revoke: bindOperation("revoke", settings, revokeRecord),
  });
}
