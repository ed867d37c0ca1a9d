import { computeDigest, createSecret } from "../core/digest.ts";
import { readClock } from "../core/time.ts";
import type { OneTimeTokenRefusedEvent } from "../events/event.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { assert } from "../shared/assert.ts";
import { readTime } from "../shared/date.ts";
import { MAX_DATA_LENGTH } from "../shared/limits.ts";
import { refuseWhatJsonLoses } from "../shared/promise.ts";
import { checkUserId } from "../shared/user-id.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import { expectOneTimeToken } from "../store-calls/one-time-answers.ts";
import type { StoredOneTimeToken } from "../stores/contract.ts";
import type { OneTimeSettings } from "./options.ts";
import { readStoredData, type StoredData, writeStoredData } from "./stored-data.ts";

/** What a one-time token or code was issued for. */
export interface OneTimeResult<Data = unknown> {
  /** The user that it was issued to. */
  readonly userId: string;
  /** The JSON data that was given with it; `null` if there was none. */
  readonly data: Data;
  /**
   * When it was issued, by the clock of the machine that issued it, and never later than now. It is the beginning of
   * 1970 for a token or code that was stored by an early version of hallpass, which did not keep the instant.
   */
  readonly issuedAt: Date;
  /**
   * When the credential was issued that it was issued for: `issuedAt` of the identity that `issue` was given; `null` if
   * it was given a user's id.
   */
  readonly credentialIssuedAt: Date | null;
  /** When it would have expired. */
  readonly expiresAt: Date;
}

/**
 * Whom a token is issued to: a user's id, or the identity that a guard gave. A ticket for an identity is revoked
 * whenever the credential of that identity is revoked by a log-out everywhere.
 */
export type OneTimeOwner = string | Pick<Identity, "userId" | "scopes" | "issuedAt">;

/** The data that is given with a token or code. It may be left out where the type allows `null`. */
export type GivenData<Data> = null extends Data ? [data?: Data] : [data: Data];

/** The settings, and the time limit of one call. */
export type OneTimeCall = Budgeted<OneTimeSettings>;

/** Computes the digest of a token or code that is stored. The purpose is a part of it, so it fits no other purpose. */
export function computeRecordDigest(purpose: string, ...secret: readonly string[]): string {
  return computeDigest(JSON.stringify([purpose, ...secret]));
}

/**
 * Stores what is issued to a user.
 *
 * @returns when it expires
 * @throws TypeError where the user's id or the data can't be stored
 */
export async function putRecord(call: OneTimeCall, owner: OneTimeOwner, data: unknown, digest: string): Promise<Date> {
  const { userId, issuedAt = null } = isIdentity(owner) ? owner : { userId: owner as string };
  checkUserId(userId);
  const text = writeData(data);
  const at = readClock(call.now);
  const expiresAt = new Date(at + call.lifetime);
  const stored = writeStoredData(at, issuedAt, text);
  await put(call, { digest, purpose: call.purpose, userId, data: stored, expiresAt }, at);
  call.emit(() => ({ type: "one_time_token_issued", userId, purpose: call.givenPurpose }));
  return expiresAt;
}

/** Invalidates what was issued to a user: replaces it by a secret that nobody knows, and that has expired already. */
export async function revokeRecord(call: OneTimeCall, userId: string): Promise<void> {
  checkUserId(userId);
  const { purpose } = call;
  const at = readClock(call.now);
  const digest = computeRecordDigest(purpose, createSecret());
  await put(call, { digest, purpose, userId, data: "null", expiresAt: new Date(at) }, at);
}

/** Consumes what was issued; `null` if there is nothing, or it has expired. */
export async function takeRecord<Data>(call: OneTimeCall, digest: string): Promise<OneTimeResult<Data> | null> {
  const taken = await readRecord<Data>(call, digest, "take");
  if (taken === null) return null;
  const { userId } = taken;
  call.emit(() => ({ type: "one_time_token_used", userId, purpose: call.givenPurpose }));
  return taken;
}

/** Reads what was issued, and leaves it or takes it; `null` if there is nothing, or it has expired. */
export async function readRecord<Data>(
  { store, budget, purpose, now }: OneTimeCall,
  digest: string,
  method: "find" | "take",
): Promise<OneTimeResult<Data> | null> {
  const at = readClock(now);
  const read = async () => store[method](digest);
  const found = await budget.callStore(`oneTime.${method}`, read, expectOneTimeToken(digest, purpose, isStoredData));
  if (found === null || readTime(found.expiresAt) <= at) return null;
  const { userId, data: text, expiresAt } = found;
  const { data, ...dates } = readStoredData(text) as StoredData;
  const issuedAt = new Date(Math.min(dates.issuedAt, at));
  const credentialIssuedAt = dates.credentialIssuedAt === null ? null : new Date(dates.credentialIssuedAt);
  return { userId, data: data as Data, issuedAt, credentialIssuedAt, expiresAt };
}

function isStoredData(text: unknown): boolean {
  return readStoredData(text) !== null;
}

/** Reports a token or code that was refused. The answer is `null` for every reason. */
export function refuseRecord(
  { emit, givenPurpose: purpose }: OneTimeCall,
  userId: string | null,
  reason: OneTimeTokenRefusedEvent["reason"] = "worthless",
): null {
  emit(() => ({ type: "one_time_token_refused", userId, purpose, reason }));
  return null;
}

async function put({ store, budget }: OneTimeCall, token: StoredOneTimeToken, at: number): Promise<void> {
  await budget.callStore("oneTime.put", async () => store.put(token, new Date(at)), acceptAnything);
}

/** Writes data as JSON. */
function writeData(data: unknown): string {
  const text = toJson(data);
  assert(typeof text === "string", "data must be what JSON can hold, such as { email }");
  refuseWhatJsonLoses("the data", data, text);
  assert(text.length <= MAX_DATA_LENGTH, `data must be at most ${MAX_DATA_LENGTH} characters of JSON`);
  return text;
}

function toJson(data: unknown): unknown {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined; // it refers to itself, or has a BigInt in it
  }
}
