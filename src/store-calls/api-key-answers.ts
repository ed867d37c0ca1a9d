import { isObject } from "../shared/object.ts";
import type { ApiKey, StoredApiKey } from "../stores/contract.ts";
import {
  type AnswerCheck,
  demand,
  demandId,
  demandInstant,
  demandInstantOrNull,
  OR_NULL,
  readList,
} from "./answer-checks.ts";

/** Creates the check of the API key that a store finds by a digest. */
export function expectApiKey(digest: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    checkApiKey(call, answer, OR_NULL);
    if ((answer as StoredApiKey).digest !== digest) throw new TypeError(`${call}: it answered with another key`);
  };
}

/** Creates the check of the list of a user's API keys. */
export function expectUserApiKeys(userId: string): AnswerCheck {
  return (call, answer) => {
    for (const key of readList(call, answer)) {
      checkApiKey(call, key);
      if ((key as ApiKey).userId !== userId) throw new TypeError(`${call}: it answered with a key of another user`);
    }
  };
}

function checkApiKey(call: string, value: unknown, advice?: string): void {
  demand(isObject(value), call, "a key", "an object", value, advice);
  const { id, userId, label, hint, scopes, createdAt, expiresAt, lastUsedAt, replacedBy } = value as Partial<ApiKey>;
  demandId(call, "id", id);
  demandId(call, "userId", userId);
  demand(label === null || typeof label === "string", call, "label", "a string or null", label);
  demand(typeof hint === "string", call, "hint", "a string", hint);
  const areScopes = Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string");
  demand(areScopes, call, "scopes", "a list of strings", scopes);
  demandInstant(call, "createdAt", createdAt);
  demandInstantOrNull(call, "expiresAt", expiresAt);
  demandInstantOrNull(call, "lastUsedAt", lastUsedAt);
  if (replacedBy !== null) demandId(call, "replacedBy", replacedBy);
}
