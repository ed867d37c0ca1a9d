import type { ApiKey, StoredApiKey } from "../contract.ts";
import { readDate, readDateOrNull, toMilliseconds, toMillisecondsOrNull } from "./instants.ts";
import type { Row } from "./rows.ts";

/** Reads an API key from the columns `id, user_id, label, hint, scopes, created, ends, used, replaced_by`. */
export function readApiKey(row: Row): ApiKey {
  return {
    id: row.id as string,
    userId: row.user_id as string,
    label: row.label as string | null,
    hint: row.hint as string,
    scopes: (row.scopes as string).split(" ").filter(Boolean),
    createdAt: readDate(row.created),
    expiresAt: readDateOrNull(row.ends),
    lastUsedAt: readDateOrNull(row.used),
    replacedBy: row.replaced_by as string | null,
  };
}

/** Reads an API key from the columns of {@link readApiKey} and `digest`; `null` where there is no row. */
export function readStoredApiKey(row: Row | undefined): StoredApiKey | null {
  return row === undefined ? null : { ...readApiKey(row), digest: row.digest as string };
}

/**
 * Lists the values of an API key in the order of the columns `id, user_id, label, hint, scopes, created_at, expires_at,
 * last_used_at, replaced_by, digest`.
 */
export function listApiKeyValues(key: StoredApiKey): readonly (string | number | null)[] {
  return [
    key.id,
    key.userId,
    key.label,
    key.hint,
    key.scopes.join(" "),
    toMilliseconds(key.createdAt),
    toMillisecondsOrNull(key.expiresAt),
    toMillisecondsOrNull(key.lastUsedAt),
    key.replacedBy,
    key.digest,
  ];
}
