import { hashOf } from "./uuid.ts";

/** The 32-bit words of a slot: four of the id, and the second in which it expires, which is 0 where the slot is free. */
const SLOT = 5;
const EXPIRY = 4;

/** The upper half of a hash says which slot is an id's home; the lower half is for telling tables apart. */
const HOME_SHIFT = 16;

/**
 * A hash table of 128-bit ids in one array. An id is in the first slot that was free from its home on, and what is freed
 * is filled again from behind: so a search ends at the first free slot, and an id that left leaves nothing.
 */
export class PackedTable {
  #words = new Int32Array(SLOT);
  #mask = 0;
  #size = 0;
  #hand = 0;
  #bit = 1;

  /** The bit of a hash by which it splits next: in those below, all its ids are the same. */
  get bit(): number {
    return this.#bit;
  }

  get size(): number {
    return this.#size;
  }

  get slots(): number {
    return this.#mask + 1;
  }

  /** The second in which an id expires; 0 for one that is not held. */
  expiryOf(id: Int32Array): number {
    return this.#expiryAt(this.#find(id, 0));
  }

  /** Holds an id until a second; one that is held already, until the later of the two. There has to be a slot left. */
  set(id: Int32Array, expiry: number): void {
    const slot = this.#find(id, 0);
    const known = this.#expiryAt(slot);
    if (known === 0) this.#size += 1;
    this.#words.set(id, slot * SLOT);
    this.#words[slot * SLOT + EXPIRY] = Math.max(known, expiry);
  }

  /**
   * Looks at the next slot, and frees it where it had expired by an instant.
   *
   * @returns whether there is no next one
   */
  sweep(endedBy: number): boolean {
    const expiry = this.#expiryAt(this.#hand);
    if (expiry !== 0 && expiry * 1_000 <= endedBy) {
      this.#free(this.#hand); // and what takes its place is looked at next
      return false;
    }
    this.#hand = this.#size === 0 ? 0 : (this.#hand + 1) & this.#mask;
    return this.#hand === 0;
  }

  /** Moves to a place of another size. */
  resize(slots: number): void {
    const words = this.#words;
    this.#words = new Int32Array(slots * SLOT);
    this.#mask = slots - 1;
    this.#size = 0;
    this.#hand = 0;
    this.#takeAll(words);
  }

  /** Gives the ids whose hash has the {@link PackedTable.bit} to another table. */
  split(): PackedTable {
    const other = new PackedTable();
    other.resize(this.slots);
    for (let slot = 0; slot < this.slots; ) {
      const at = slot * SLOT;
      if (this.#expiryAt(slot) === 0 || (hashOf(this.#words, at) & this.#bit) === 0) slot += 1;
      else {
        other.#take(this.#words, at);
        this.#free(slot);
      }
    }
    this.#bit *= 2;
    other.#bit = this.#bit;
    return other;
  }

  /** Takes the ids of the table that it once split from. */
  join(other: PackedTable): void {
    this.#takeAll(other.#words);
    this.#bit /= 2;
  }

  #expiryAt(slot: number): number {
    return this.#words[slot * SLOT + EXPIRY]! >>> 0;
  }

  #homeOf(words: Int32Array, at: number): number {
    return (hashOf(words, at) >>> HOME_SHIFT) & this.#mask;
  }

  /** The slot of an id, or a free one where it is not held. */
  #find(words: Int32Array, at: number): number {
    let slot = this.#homeOf(words, at);
    while (this.#expiryAt(slot) !== 0 && !same(words, at, this.#words, slot * SLOT)) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #takeAll(words: Int32Array): void {
    for (let at = 0; at < words.length; at += SLOT) if (words[at + EXPIRY] !== 0) this.#take(words, at);
  }

  #take(words: Int32Array, at: number): void {
    copy(words, at, this.#words, this.#find(words, at) * SLOT);
    this.#size += 1;
  }

  #free(slot: number): void {
    const words = this.#words;
    const mask = this.#mask;
    let free = slot;
    for (let next = (slot + 1) & mask; this.#expiryAt(next) !== 0; next = (next + 1) & mask) {
      const home = this.#homeOf(words, next * SLOT);
      if (((next - home) & mask) < ((next - free) & mask)) continue; // would come before its home
      copy(words, next * SLOT, words, free * SLOT);
      free = next;
    }
    words[free * SLOT + EXPIRY] = 0;
    this.#size -= 1;
  }
}

function same(a: Int32Array, at: number, b: Int32Array, from: number): boolean {
  return a[at + 3] === b[from + 3] && a[at + 2] === b[from + 2] && a[at + 1] === b[from + 1] && a[at] === b[from];
}

function copy(from: Int32Array, at: number, to: Int32Array, into: number): void {
  for (let word = 0; word < SLOT; word += 1) to[into + word] = from[at + word]!;
}
