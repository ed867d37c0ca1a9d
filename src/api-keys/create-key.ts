import { readClock } from "../core/time.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import { type CreatedApiKey, checkNewKey, makeRecord, type NewApiKey, showKey } from "./new-key.ts";
import type { ApiKeySettings } from "./options.ts";

/** Creates a key; `null` if its user has as many as allowed. */
export async function createKey(
  { store, prefix, maxKeys, emit, now, budget }: Budgeted<ApiKeySettings>,
  input: NewApiKey,
): Promise<CreatedApiKey | null> {
  const createdAt = readClock(now);
  const made = makeRecord(prefix, checkNewKey(input, createdAt), createdAt);
  const insert = async () => store.insert(made.record, maxKeys);
  if (!(await budget.callStore("apiKeys.insert", insert, checkBoolean))) return null;
  const { userId, id: keyId } = made.record;
  emit(() => ({ type: "api_key_created", userId, keyId }));
  return showKey(made);
}
