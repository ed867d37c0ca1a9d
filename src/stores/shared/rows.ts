import type {
  Credentials,
  EndedSession,
  EndReason,
  OneTimeTry,
  StatusPlaces,
  StoredOneTimeToken,
  StoredSession,
} from "../contract.ts";
import { readDate, readDateOrNull, toMilliseconds, toMillisecondsOrNull } from "./instants.ts";
import type { SqlUser } from "./sql.ts";
import { readFlag, readInteger } from "./values.ts";

/** A row as a SQL client gives it: values by the names of their columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Reads a user from the columns `id, login, disabled, changed`. */
export function readUser({ id, login, disabled, changed }: Row): SqlUser {
  return {
    id: id as string,
    login: login as string,
    disabled: readFlag(disabled),
    passwordChangedAt: readDateOrNull(changed),
  };
}

/** Reads credentials from the columns of {@link readUser} and `password_hash`. */
export function readCredentials(row: Row): Credentials<SqlUser> {
  return { user: readUser(row), passwordHash: row.password_hash as string | null };
}

/**
 * Reads a session from the columns `sid, user_id, created, used, family, ends, changed, rotation, details, revision,
 * ended`.
 */
export function readSession(row: Row): StoredSession {
  return {
    sid: row.sid as string,
    userId: row.user_id as string,
    createdAt: readDate(row.created),
    lastUsedAt: readDate(row.used),
    family: row.family as string,
    expiresAt: readDate(row.ends),
    passwordChangedAt: readDateOrNull(row.changed),
    rotation: row.rotation as string,
    details: row.details as string,
    revision: readInteger(row.revision),
    ended: row.ended as EndReason | null,
  };
}

/**
 * Lists the values of a session in the order of the columns `sid, user_id, family, created_at, last_used_at,
 * expires_at, password_changed_at, rotation, details, revision`.
 */
export function listSessionValues(session: StoredSession): readonly (string | number | null)[] {
  return [
    session.sid,
    session.userId,
    session.family,
    toMilliseconds(session.createdAt),
    toMilliseconds(session.lastUsedAt),
    toMilliseconds(session.expiresAt),
    toMillisecondsOrNull(session.passwordChangedAt),
    session.rotation,
    session.details,
    session.revision,
  ];
}

/**
 * Lists what a replacement changes, in the order of the columns `last_used_at, expires_at, password_changed_at,
 * rotation, details, revision`.
 */
export function listReplacedValues(session: StoredSession): readonly (string | number | null)[] {
  return listSessionValues(session).slice(4);
}

/** Reads an ended session from the columns `sid, ended`. */
export function readEndedSession({ sid, ended }: Row): EndedSession {
  return { sid: sid as string, ended: ended as EndReason };
}

/** Reads why a session was ended; `null` where there is no row. */
export function readEndReason(row: Row | undefined): EndReason | null {
  return (row?.ended ?? null) as EndReason | null;
}

/** Reads the id of a session. */
export function readSid(row: Row): string {
  return row.sid as string;
}

/** Reads how often all of a user's sessions were ended: 0 where there is no row. */
export function readEndings([row]: readonly Row[]): number {
  return row === undefined ? 0 : readInteger(row.endings);
}

/** Reads a token or code for one use from the columns `digest, purpose, user_id, data, ends`; `null` for no row. */
export function readOneTimeToken(row: Row | undefined): StoredOneTimeToken | null {
  if (row === undefined) return null;
  return {
    digest: row.digest as string,
    purpose: row.purpose as string,
    userId: row.user_id as string,
    data: row.data as string,
    expiresAt: readDate(row.ends),
  };
}

/** Reads a try at a code from the columns `digest, tries`; `null` where there is no row. */
export function readOneTimeTry(row: Row | undefined): OneTimeTry | null {
  return row === undefined ? null : { digest: row.digest as string, tries: readInteger(row.tries) };
}

/** Reads which places of status lists were given out, from the columns `first, terms`. */
export function readPlaces(row: Row | undefined): StatusPlaces {
  return { first: readInteger(row?.first), terms: row?.terms as string };
}

/** Reads a page of a status list from the columns `page, hex`. */
export function readStatusPage({ page, hex }: Row): readonly [page: number, hex: string] {
  return [readInteger(page), hex as string];
}
