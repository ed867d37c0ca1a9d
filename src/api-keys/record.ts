import { readTime } from "../shared/date.ts";
import type { ApiKey } from "../stores/contract.ts";

/** Copies the members of a key that users may see. Dates are mutable, so each copy gets Dates of its own. */
export function copyApiKey(key: ApiKey): ApiKey {
  const { id, userId, label, hint, scopes, createdAt, expiresAt, lastUsedAt, replacedBy } = key;
  return Object.freeze({
    id,
    userId,
    label,
    hint,
    scopes: Object.isFrozen(scopes) ? scopes : Object.freeze([...scopes]),
    createdAt: new Date(readTime(createdAt)),
    expiresAt: copyDate(expiresAt),
    lastUsedAt: copyDate(lastUsedAt),
    replacedBy,
  });
}

function copyDate(date: Date | null): Date | null {
  return date === null ? null : new Date(readTime(date));
}
