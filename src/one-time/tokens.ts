import { createSecret } from "../core/digest.ts";
import type { Duration } from "../core/time.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { bindOperation } from "../store-calls/operation.ts";
import { checkOneTimeOptions, ONE_TIME_OPTIONS, type OneTimeOptions } from "./options.ts";
import {
  computeRecordDigest,
  type GivenData,
  type OneTimeCall,
  type OneTimeOwner,
  type OneTimeResult,
  putRecord,
  readRecord,
  refuseRecord,
  revokeRecord,
  takeRecord,
} from "./record.ts";

/** The options of {@link createOneTimeTokens}. */
export interface OneTimeTokenOptions extends OneTimeOptions {
  /** How long a token is valid: `"1h"` for a reset, `"7d"` for an invitation, `"30s"` for a ticket. */
  readonly lifetime: Duration;
}

/** A token that was issued. */
export interface IssuedOneTimeToken {
  /** The token, 43 characters of base64url. It is shown once: only a digest of it is stored. */
  readonly token: string;
  /** When it expires. */
  readonly expiresAt: Date;
}

/** Tokens of one purpose, each valid for one use. */
export interface OneTimeTokens<Data = null> {
  /**
   * Issues a token to a user, and invalidates any earlier token of this user for the same purpose.
   *
   * @param owner - the user's id; for a ticket, the identity that a guard gave
   * @param given - the data that `consume` gives back: at most 4096 characters of JSON
   * @throws TypeError when the user's id or the data can't be stored
   * @throws AuthError `unavailable` (503) in an outage. It is safe to call it again.
   */
  issue(owner: OneTimeOwner, ...given: GivenData<Data>): Promise<IssuedOneTimeToken>;
  /**
   * Tells what a token was issued for, and leaves it valid. Consume it before you rely on it: others may have found it
   * too.
   *
   * @param token - the token, as the request has it: anything but a valid token gets `null`
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again.
   */
  find(token: unknown): Promise<OneTimeResult<Data> | null>;
  /**
   * Consumes a token. Of any number of calls with one token, exactly one gets what the token was issued for, and the
   * others get `null`.
   *
   * @param token - the token, as the request has it: anything but a valid token gets `null`
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again. If the store consumed the token and its
   * answer was lost, the next answer is `null`, and another token has to be issued.
   */
  consume(token: unknown): Promise<OneTimeResult<Data> | null>;
  /**
   * Invalidates the token of a user. It is not an error if there is none.
   *
   * @throws TypeError when it is not a user's id
   * @throws AuthError `unavailable` (503) in an outage. It may be sent again.
   */
  revoke(userId: string): Promise<void>;
}

const OWNER = "createOneTimeTokens";
const OPTIONS: OptionNames<OneTimeTokenOptions> = { ...ONE_TIME_OPTIONS, lifetime: "required" };
const TOKEN = /^[\w-]{43}$/;

/**
 * Creates tokens that are valid for one use each, for links and tickets: 32 random bytes, of which a SHA-256 is stored.
 * Send them where only the user looks, such as to a mailbox, and in the part of a link after `#`, which no server logs.
 *
 * @typeParam Data - the JSON data that is stored with each token; `null` by default
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
  const digestToken = (token: string): string => computeRecordDigest(settings.purpose, token);

  const issue = async (call: OneTimeCall, owner: OneTimeOwner, data: unknown = null): Promise<IssuedOneTimeToken> => {
    const token = createSecret();
    return { token, expiresAt: await putRecord(call, owner, data, digestToken(token)) };
  };
  const isToken = (token: unknown): token is string => typeof token === "string" && TOKEN.test(token);
  const find = async (call: OneTimeCall, token: unknown): Promise<OneTimeResult<Data> | null> =>
    (isToken(token) ? await readRecord<Data>(call, digestToken(token), "find") : null) ?? refuseRecord(call, null);
  const consume = async (call: OneTimeCall, token: unknown): Promise<OneTimeResult<Data> | null> =>
    (isToken(token) ? await takeRecord<Data>(call, digestToken(token)) : null) ?? refuseRecord(call, null);

  return Object.freeze({
    issue: bindOperation("issue", settings, issue),
    find: bindOperation("find", settings, find),
    consume: bindOperation("consume", settings, consume),
    revoke: bindOperation("revoke", settings, revokeRecord),
  });
}
