import type { OpenClaims } from "../core/token/claims.ts";
import { createTokenMismatch } from "../core/token/compact.ts";
import { isObject } from "../shared/object.ts";
import { isText } from "../shared/text.ts";

/** The place of a token's status. */
export interface StatusReference {
  /** The index in the list, from 0 on. */
  readonly idx: number;
  /** The address of the list. */
  readonly uri: string;
}

/** The `status` claim of a token (draft-ietf-oauth-status-list-21 §6.2). */
export interface StatusClaim {
  /** The place of its status. */
  readonly status_list: StatusReference;
}

const CLAIM = "status.status_list";

/**
 * Reads the place of a token's status; `null` where the token names none.
 *
 * @throws AuthError `invalid_token` (401) where the claim is malformed
 */
export function readReference({ status }: OpenClaims): StatusReference | null {
  if (status === undefined) return null;
  if (!isObject(status)) throw createTokenMismatch("status", status, "an object");
  const { status_list: found } = status as Partial<StatusClaim>;
  if (found === undefined) return null; // There may be other mechanisms.
  if (!isObject(found)) throw createTokenMismatch(CLAIM, found, "an object");
  const { idx, uri } = found as Partial<StatusReference>;
  if (!Number.isSafeInteger(idx) || (idx as number) < 0)
    throw createTokenMismatch(`${CLAIM}.idx`, idx, "a whole number from 0 on");
  if (!isText(uri)) throw createTokenMismatch(`${CLAIM}.uri`, uri, "a URI of at most 1024 characters");
  return { idx: idx as number, uri };
}
