import type { Revocation } from "../contract.ts";
import { readDate } from "../shared/instants.ts";
import { createReplyError } from "./replies.ts";

/** Returns the key of the stream of revocations, and the key of its book in the same slot. */
export function getStreamKeys(prefix: string): readonly [stream: string, book: string] {
  const stream = `${prefix}revocations`;
  return [stream, `${prefix}{${stream}}:book`];
}

/** An entry of the stream. It names the entry before it, so that a reader notices missing entries. */
export interface StreamEntry {
  readonly id: string;
  readonly revocation: Revocation;
  /** The id of the entry that was written before it, which may have left the stream. */
  readonly after: string;
  /** When the last of all revocations that were written before it will have expired. */
  readonly until: number;
}

/** Formats a revocation for the stream. */
export function formatRevocation(kind: Revocation["kind"], id: string, ends: number, cut: number | null): string {
  return JSON.stringify([kind, id, ends, cut]);
}

/** Parses an entry as the script of the feed writes it: one line, with the revocation at its end. */
export function parseEntry(line: string): StreamEntry {
  const [, id, after, until, text] = /^(\d+-\d+) (\d+-\d+) (\d+) (.*)$/s.exec(line) ?? [];
  if (id === undefined || after === undefined || text === undefined) throw createReplyError();
  return { id, revocation: parseRevocation(text), after, until: Number(until) };
}

function parseRevocation(text: string): Revocation {
  const [kind, id, ends, cut] = JSON.parse(text) as [Revocation["kind"], string, number, number | null];
  const expiresAt = readDate(ends);
  return kind === "user" ? { kind, id, issuedUpTo: readDate(cut), expiresAt } : { kind, id, expiresAt };
}
