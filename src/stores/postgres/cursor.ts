/** The last row of a page, by the columns that rows are ordered by. */
export type RowKey = readonly [txid: string, kind: string, id: string];

/** How far a feed has read. */
export interface Position {
  /** Identifies the server and the table, as they were when they were read; `null` before the first page. */
  readonly life: string | null;
  /** A snapshot, written as `xmin:xmax:open,…`. All rows that it shows have been read. */
  readonly seen: string;
  /** The current round of several pages: the snapshot that it began with, and the last row that it has read. */
  readonly round: { readonly seen: string; readonly after: RowKey } | null;
}

/** The position before anything was read. */
export const BEGINNING: Position = { life: null, seen: "0:0:", round: null };

const CURSOR = /^(\S+) (\d+:\d+:[\d,]*)(?: (\d+:\d+:[\d,]*) (\d+) (\S+) (.*))?$/s;

/** Parses a cursor. Any other text stands for the beginning. */
export function parseCursor(cursor: string | null): Position {
  const [, life, seen, begun, txid, kind, id] = CURSOR.exec(cursor ?? "") ?? [];
  if (life === undefined || seen === undefined) return BEGINNING;
  const isMidway = begun !== undefined && txid !== undefined && kind !== undefined && id !== undefined;
  return { life, seen, round: isMidway ? { seen: begun, after: [txid, kind, id] } : null };
}

/** Formats a position as a cursor. */
export function formatCursor({ life, seen, round }: Position): string {
  return [life, seen, ...(round === null ? [] : [round.seen, ...round.after])].join(" ");
}

/** Reads a snapshot's xmax: the first transaction that it does not cover. */
export function readXmax(snapshot: string): bigint {
  return BigInt(snapshot.split(":")[1] as string);
}

/** Reads the transactions before xmax that were still open, and formats them as an array of Postgres. */
export function readOpenTransactions(snapshot: string): string {
  return `{${snapshot.split(":")[2] as string}}`;
}
