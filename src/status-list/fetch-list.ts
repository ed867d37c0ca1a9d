import { isAuthError } from "../core/errors.ts";
import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { verifyToken } from "../core/token/verify.ts";
import { fetchDocument } from "../remote/document.ts";
import { ENDS_AT, type Loaded } from "../remote/fresh-value.ts";
import { describeMismatch } from "../shared/describe.ts";
import { MAX_STATUS_LIST_BYTES, MAX_TOKEN_BYTES, MIN_FETCH_INTERVAL_MS } from "../shared/limits.ts";
import { readStatuses, type Statuses } from "./bits.ts";
import type { StatusListsSettings } from "./lists-options.ts";

/** A list of others, as it was fetched. */
export interface FetchedList extends Statuses {
  /** From this instant on nobody may rely on it, in milliseconds since 1970. */
  readonly expiresAt: number;
}

const ACCEPT = { Accept: "application/statuslist+jwt" };

/**
 * Fetches a list, and verifies it (draft-ietf-oauth-status-list-21 §8.3).
 *
 * @param uri - as in the token: the list's `sub` must be the same text
 * @throws Error when it can't be fetched, or is not valid
 */
export async function fetchList(uri: string, url: URL, settings: StatusListsSettings): Promise<Loaded<FetchedList>> {
  const { fetch, timeoutMs, profile, maxAgeMs } = settings;
  const { text } = await fetchDocument(url, { fetch, timeoutMs, maxBytes: MAX_TOKEN_BYTES, headers: ACCEPT });
  // A file that was made by hand may end with a line break.
  const { sub, exp, ttl, status_list: written } = await verifyList(text.trim(), profile);
  if (sub !== uri) throw new Error(describeMismatch("sub", sub, [uri]));
  const usedForMs = Math.min(readTtl(ttl) * 1_000, maxAgeMs);
  const value = {
    ...(await readStatuses(written, MAX_STATUS_LIST_BYTES)),
    expiresAt: (exp + profile.clockTolerance) * 1_000,
  };
  // The value ends at `ENDS_AT` times its freshness, which is when the time of the list is over.
  return { value, freshForMs: Math.max(usedForMs / ENDS_AT, MIN_FETCH_INTERVAL_MS) };
}

function readTtl(ttl: unknown): number {
  if (ttl === undefined) return Number.POSITIVE_INFINITY;
  const isPositive = typeof ttl === "number" && ttl > 0;
  if (!isPositive) throw new Error(describeMismatch("ttl", ttl, "a number of seconds over 0"));
  return ttl;
}

/**
 * Verifies the token of a list. It is not the client's token, so a list that is not valid must not refuse the client
 * with 401.
 */
async function verifyList(text: string, profile: TokenProfile<undefined>): Promise<ClaimsOf<TokenProfile<undefined>>> {
  try {
    return await verifyToken(text, profile);
  } catch (error) {
    if (!isAuthError(error) || !error.expose) throw error;
    throw new Error(`the status list is not valid: ${(error.cause as Error).message}`, { cause: error });
  }
}
