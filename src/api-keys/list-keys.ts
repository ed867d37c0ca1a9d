import { checkUserId } from "../shared/user-id.ts";
import { expectUserApiKeys } from "../store-calls/api-key-answers.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import type { ApiKey } from "../stores/contract.ts";
import type { ApiKeySettings } from "./options.ts";
import { copyApiKey } from "./record.ts";

/** Lists the keys of a user. Other members that the store returns are dropped. */
export async function listKeys(
  { store, budget }: Budgeted<ApiKeySettings>,
  userId: string,
): Promise<readonly ApiKey[]> {
  checkUserId(userId);
  const keys = await budget.callStore("apiKeys.list", async () => store.list(userId), expectUserApiKeys(userId));
  return keys.map(copyApiKey);
}
