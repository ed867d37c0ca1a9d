import { readClock } from "../core/time.ts";
import { MINUTE_MS } from "../shared/clock.ts";
import { isText } from "../shared/text.ts";
import { checkUserId } from "../shared/user-id.ts";
import { acceptAnything, checkBoolean } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import type { ApiKey } from "../stores/contract.ts";
import { listKeys } from "./list-keys.ts";
import type { ApiKeySettings } from "./options.ts";

/** The margin for clocks that differ. */
const MARGIN_MS = MINUTE_MS;

/**
 * Revokes a key of a user. The store deletes the key last, so that an interrupted revocation is completed when it is
 * sent again.
 */
export async function revokeKey(settings: Budgeted<ApiKeySettings>, userId: string, id: string): Promise<boolean> {
  const { store, remembered, emit, budget } = settings;
  checkUserId(userId);
  if (!isText(id)) return false;
  try {
    await blockKeys(settings, userId, (key) => key.id === id);
    const revoke = async () => store.revoke(userId, id);
    const isRevoked = await budget.callStore("apiKeys.revoke", revoke, checkBoolean);
    if (isRevoked) emit(() => ({ type: "api_key_revoked", userId, keyId: id }));
    return isRevoked;
  } finally {
    remembered.forget(userId, id);
  }
}

/** Revokes all keys of a user, in the same order. */
export async function revokeKeys(settings: Budgeted<ApiKeySettings>, userId: string): Promise<void> {
  const { store, remembered, emit, budget } = settings;
  checkUserId(userId);
  try {
    await blockKeys(settings, userId, () => true);
    await budget.callStore("apiKeys.revokeAll", async () => store.revokeAll(userId), acceptAnything);
    emit(() => ({ type: "api_keys_revoked", userId }));
  } finally {
    remembered.forget(userId);
  }
}

/**
 * Puts keys of a user into the blocklist, for as long as any process may have them cached. Other users' keys are left
 * alone, whatever id was asked for.
 */
export async function blockKeys(
  settings: Budgeted<ApiKeySettings>,
  userId: string,
  isMeant: (key: ApiKey) => boolean,
): Promise<void> {
  const { blocklist, staleness, requestTimeoutMs, now, budget } = settings;
  if (blocklist === null || staleness === 0) return;
  const keys = (await listKeys(settings, userId)).filter(isMeant);
  const until = new Date(readClock(now) + staleness + requestTimeoutMs + MARGIN_MS);
  const block = ({ id }: ApiKey): Promise<void> => {
    const call = async () => blocklist.revokeToken(id, until, userId);
    return budget.callStore("blocklist.revokeToken", call, acceptAnything);
  };
  await Promise.all(keys.map(block));
}
