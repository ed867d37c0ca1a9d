import { readClock } from "../core/time.ts";
import { readTime } from "../shared/date.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import type { ApiKey } from "../stores/contract.ts";
import { listKeys } from "./list-keys.ts";
import { type CreatedApiKey, checkRotation, isLiving, makeRecord, type RotateOptions, showKey } from "./new-key.ts";
import type { ApiKeySettings } from "./options.ts";
import { blockKeys } from "./revoke-key.ts";

/**
 * Creates a key that replaces another of the same user; `null` if that one does not exist, has expired or was rotated
 * already, or if too many rotated ones still live.
 */
export async function rotateKey(
  settings: Budgeted<ApiKeySettings>,
  userId: string,
  id: string,
  options: RotateOptions = {},
): Promise<CreatedApiKey | null> {
  const { store, prefix, maxKeys, remembered, emit, now, budget } = settings;
  const rotatedAt = readClock(now);
  const { overlap, expiresAt } = checkRotation(options, rotatedAt);
  const living = (await listKeys(settings, userId)).filter((key) => isLiving(key, rotatedAt));
  const old = living.find((key) => key.id === id && key.replacedBy === null);
  if (old === undefined || living.filter(({ replacedBy }) => replacedBy !== null).length >= maxKeys) return null;
  const { label, scopes } = old;
  const fields = {
    userId,
    label,
    scopes,
    expiresAt: expiresAt === undefined ? renewExpiry(old, rotatedAt) : expiresAt,
  };
  const made = makeRecord(prefix, fields, rotatedAt);
  try {
    // The old key is blocked first: once it is replaced, it is not found again, and no retry could block it.
    if (overlap === 0) await blockKeys(settings, userId, (key) => key.id === id);
    const replace = async () => store.replace(id, new Date(rotatedAt + overlap), made.record);
    if (!(await budget.callStore("apiKeys.replace", replace, checkBoolean))) return null;
    emit(() => ({ type: "api_key_rotated", userId, keyId: id, newKeyId: made.record.id }));
    return showKey(made);
  } finally {
    remembered.forget(userId, id);
  }
}

/** Computes the expiry of a key that gets the lifetime which another was created with. */
function renewExpiry({ createdAt, expiresAt }: ApiKey, now: number): Date | null {
  return expiresAt === null ? null : new Date(now + readTime(expiresAt) - readTime(createdAt));
}
