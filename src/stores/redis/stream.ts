import type { Revocation } from "../contract.ts";
import { instantOf } from "../shared/instant.ts";
import { nonsense } from "./client.ts";

/** The stream of revocations, and beside it, in the same slot, the book that says what there is or would be in it. */
export function streamKeys(prefix: string): readonly [stream: string, book: string] {
  const stream = `${prefix}revocations`;
  return [stream, `${prefix}{${stream}}:book`];
}

/** An entry of the stream. The one before it is named in it, so that a reader sees where some are missing. */
export interface Entry {
  readonly id: string;
  readonly revocation: Revocation;
  /** The id of the entry that was written before it, kept or not. */
  readonly after: string;
  /** When the last of all that was written before it will have ended. */
  readonly until: number;
}

/** A revocation as it is written to the stream. */
export function entryOf(kind: Revocation["kind"], id: string, ends: number, cut: number | null): string {
  return JSON.stringify([kind, id, ends, cut]);
}

/** Reads an entry as the feed's script writes it: in one line, whose last part is the revocation. */
export function readEntry(line: string): Entry {
  const [, id, after, until, text] = /^(\d+-\d+) (\d+-\d+) (\d+) (.*)$/s.exec(line) ?? [];
  if (id === undefined || after === undefined || text === undefined) throw nonsense();
  return { id, revocation: revocationOf(text), after, until: Number(until) };
}

function revocationOf(text: string): Revocation {
  const [kind, id, ends, cut] = JSON.parse(text) as [Revocation["kind"], string, number, number | null];
  const expiresAt = instantOf(ends);
  return kind === "user" ? { kind, id, issuedUpTo: instantOf(cut), expiresAt } : { kind, id, expiresAt };
}
