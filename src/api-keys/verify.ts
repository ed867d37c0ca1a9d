import { computeDigest } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { readTime } from "../shared/date.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { expectApiKey } from "../store-calls/api-key-answers.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import type { ApiKey, StoredApiKey } from "../stores/contract.ts";
import { hasKeyLength, refuseKey, takeKey } from "./key-text.ts";
import type { ApiKeySettings } from "./options.ts";
import { copyApiKey } from "./record.ts";

/**
 * Verifies a key. It is looked up by its SHA-256, so that the time of a lookup or a comparison reveals nothing about
 * the key.
 *
 * @throws AuthError `invalid_token` or `expired` (401), or `unavailable` (503) in an outage
 */
export async function verifyKey(settings: Budgeted<ApiKeySettings>, sent: unknown): Promise<ApiKey> {
  const { prefix, remembered, now } = settings;
  const digest = computeDigest(takeKey(sent, prefix));
  const asked = readClock(now);
  const record =
    remembered.recall(digest, asked) ??
    (await remembered.lookUp(digest, asked, async () => findActiveKey(settings, digest)));
  return admitKey(settings, record, asked);
}

/**
 * Verifies a key that is cached, without waiting for anything; `undefined` for any other. Its checksum was checked when
 * it was looked up, and text with the same digest is the same key.
 */
export function recallKey(settings: ApiKeySettings, sent: unknown): ApiKey | undefined {
  const { prefix, remembered, now } = settings;
  if (!hasKeyLength(sent, prefix)) return undefined; // Hashing a text of any length could take any time.
  const asked = readClock(now);
  const record = remembered.recall(computeDigest(sent), asked);
  return record === undefined ? undefined : admitKey(settings, record, asked);
}

function admitKey(settings: ApiKeySettings, record: StoredApiKey, asked: number): ApiKey {
  const { recordUse, emit, now } = settings;
  // The clock is read again: a key may have expired during the wait for the store.
  if (record.expiresAt !== null && readTime(record.expiresAt) <= readClock(now)) throw new AuthError("expired");
  recordUse(record, asked);
  emit(() => ({ type: "api_key_used", userId: record.userId, keyId: record.id }));
  return copyApiKey(record);
}

/** Finds a key whose user is active. */
async function findActiveKey(
  { store, isActive, budget }: Budgeted<ApiKeySettings>,
  digest: string,
): Promise<StoredApiKey> {
  const found = await budget.callStore("apiKeys.find", async () => store.find(digest), expectApiKey(digest));
  if (found === null) throw refuseKey("there is no such key, or it was revoked");
  const record = Object.freeze({ ...copyApiKey(found), digest });
  if (isActive !== null && !(await budget.callStore("isActive", async () => isActive(record.userId), checkBoolean))) {
    throw refuseKey("its user is not active");
  }
  return record;
}
