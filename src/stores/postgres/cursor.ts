/** The last row that a page ended with, in the order in which rows are read. */
export type RowKey = readonly [txid: string, kind: string, id: string];

/** How far a feed of Postgres has read. */
export interface Position {
  /** Which life of the table it belongs to; not known before the first page. */
  readonly life: string | null;
  /** A snapshot, `xmin:xmax:open,…`, all of whose rows were read. */
  readonly seen: string;
  /** The snapshot that a round of several pages began with, and the row it has come to. */
  readonly round: { readonly seen: string; readonly after: RowKey } | null;
}

/** Where nothing was read. */
export const BEGINNING: Position = { life: null, seen: "0:0:", round: null };

const CURSOR = /^(\S+) (\d+:\d+:[\d,]*)(?: (\d+:\d+:[\d,]*) (\d+) (\S+) (.*))?$/s;

/** The position that a cursor says; the beginning, where it is none of ours. */
export function positionOf(cursor: string | null): Position {
  const [, life, seen, begun, txid, kind, id] = CURSOR.exec(cursor ?? "") ?? [];
  if (life === undefined || seen === undefined) return BEGINNING;
  const isMidway = begun !== undefined && txid !== undefined && kind !== undefined && id !== undefined;
  return { life, seen, round: isMidway ? { seen: begun, after: [txid, kind, id] } : null };
}

/** Writes a position down. */
export function cursorOf({ life, seen, round }: Position): string {
  return [life, seen, ...(round === null ? [] : [round.seen, ...round.after])].join(" ");
}

/** The first transaction that a snapshot knows nothing of. */
export function endOf(snapshot: string): bigint {
  return BigInt(snapshot.split(":")[1] as string);
}

/** The transactions before it that were still open, as an array of Postgres. */
export function openIn(snapshot: string): string {
  return `{${snapshot.split(":")[2] as string}}`;
}
