/** A place in a {@link Chain}. */
export interface Link<T> {
  readonly value: T;
  before: Link<T> | null;
  after: Link<T> | null;
}

/** A place that is in no chain yet. */
export function linkOf<T>(value: T): Link<T> {
  return { value, before: null, after: null };
}

/** Values in a row, of which each can leave at once from wherever it stands. */
export class Chain<T> {
  first: Link<T> | null = null;
  last: Link<T> | null = null;

  /** Puts a place at the end, which must be in no chain. */
  append(link: Link<T>): void {
    link.before = this.last;
    link.after = null;
    if (this.last === null) this.first = link;
    else this.last.after = link;
    this.last = link;
  }

  /** Takes a place out, which must be in this chain. */
  remove({ before, after }: Link<T>): void {
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
  }
}
