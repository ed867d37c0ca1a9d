/** A value in a {@link Chain}, and its neighbours. */
export interface Link<T> {
  readonly value: T;
  before: Link<T> | null;
  after: Link<T> | null;
}

/** Creates a link that is in no chain yet. */
export function createLink<T>(value: T): Link<T> {
  return { value, before: null, after: null };
}

/** A doubly linked list: a value leaves it in constant time, wherever it stands. */
export class Chain<T> {
  first: Link<T> | null = null;
  last: Link<T> | null = null;

  /** Puts a link at the end. It must be in no chain. */
  append(link: Link<T>): void {
    link.before = this.last;
    link.after = null;
    if (this.last === null) this.first = link;
    else this.last.after = link;
    this.last = link;
  }

  /** Takes a link out. It must be in this chain. */
  remove({ before, after }: Link<T>): void {
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
  }
}
