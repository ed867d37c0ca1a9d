import { hashUuid } from "./uuid.ts";

/** A slot has five 32-bit words: four for the UUID, and one for the second in which it expires (0 in a free slot). */
const SLOT_WORDS = 5;
const EXPIRY_WORD = 4;

/** The upper half of a hash chooses the home slot in a bucket. The lower half chooses the bucket. */
const HOME_SHIFT = 16;

/**
 * A bucket of the extendible hash table: an open-addressed hash table of UUIDs in one typed array, with linear probing.
 * Removing an entry moves later ones back, so a search ends at the first free slot and no tombstones remain.
 */
export class Bucket {
  #words = new Int32Array(SLOT_WORDS);
  #mask = 0;
  #size = 0;
  #hand = 0;
  #stride = 1;

  /** 2 to the power of the local depth: one in this many entries of the directory points to this bucket. */
  get stride(): number {
    return this.#stride;
  }

  get size(): number {
    return this.#size;
  }

  get slots(): number {
    return this.#mask + 1;
  }

  /** Returns the second in which a UUID expires; 0 for one that is not stored. */
  getExpiry(uuid: Int32Array): number {
    return this.#readExpiry(this.#findSlot(uuid, 0));
  }

  /** Stores a UUID until the given second, or until the stored one where that is later. One slot has to be free. */
  set(uuid: Int32Array, expiry: number): void {
    const slot = this.#findSlot(uuid, 0);
    const known = this.#readExpiry(slot);
    if (known === 0) this.#size += 1;
    this.#words.set(uuid, slot * SLOT_WORDS);
    this.#words[slot * SLOT_WORDS + EXPIRY_WORD] = Math.max(known, expiry);
  }

  /**
   * Looks at the next slot and frees it if its entry expired at or before the horizon.
   *
   * @returns whether a pass over all slots is complete
   */
  sweep(horizon: number): boolean {
    const expiry = this.#readExpiry(this.#hand);
    if (expiry !== 0 && expiry * 1_000 <= horizon) {
      this.#free(this.#hand); // the hand stays, because another entry may have moved into this slot
      return false;
    }
    this.#hand = this.#size === 0 ? 0 : (this.#hand + 1) & this.#mask;
    return this.#hand === 0;
  }

  /** Moves all entries to an array of another size, which is a power of two. */
  resize(slots: number): void {
    const words = this.#words;
    this.#words = new Int32Array(slots * SLOT_WORDS);
    this.#mask = slots - 1;
    this.#size = 0;
    this.#hand = 0;
    this.#insertAll(words);
  }

  /** Moves the entries whose hash has the bit {@link Bucket.stride} to a new bucket. Both are one level deeper then. */
  split(): Bucket {
    const other = new Bucket();
    other.resize(this.slots);
    for (let slot = 0; slot < this.slots; ) {
      const at = slot * SLOT_WORDS;
      if (this.#readExpiry(slot) === 0 || (hashUuid(this.#words, at) & this.#stride) === 0) slot += 1;
      else {
        other.#insert(this.#words, at);
        this.#free(slot);
      }
    }
    this.#stride *= 2;
    other.#stride = this.#stride;
    return other;
  }

  /** Takes back the entries of a bucket that was split off from this one. */
  merge(other: Bucket): void {
    this.#insertAll(other.#words);
    this.#stride /= 2;
  }

  #readExpiry(slot: number): number {
    return this.#words[slot * SLOT_WORDS + EXPIRY_WORD]! >>> 0;
  }

  #findHome(words: Int32Array, at: number): number {
    return (hashUuid(words, at) >>> HOME_SHIFT) & this.#mask;
  }

  /** Finds the slot of a UUID, or the free slot in which it belongs. */
  #findSlot(words: Int32Array, at: number): number {
    let slot = this.#findHome(words, at);
    while (this.#readExpiry(slot) !== 0 && !areSlotsEqual(words, at, this.#words, slot * SLOT_WORDS)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #insertAll(words: Int32Array): void {
    for (let at = 0; at < words.length; at += SLOT_WORDS) if (words[at + EXPIRY_WORD] !== 0) this.#insert(words, at);
  }

  #insert(words: Int32Array, at: number): void {
    copySlot(words, at, this.#words, this.#findSlot(words, at) * SLOT_WORDS);
    this.#size += 1;
  }

  #free(slot: number): void {
    const words = this.#words;
    const mask = this.#mask;
    let free = slot;
    for (let next = (slot + 1) & mask; this.#readExpiry(next) !== 0; next = (next + 1) & mask) {
      const home = this.#findHome(words, next * SLOT_WORDS);
      if (((next - home) & mask) < ((next - free) & mask)) continue; // moving it would put it before its home
      copySlot(words, next * SLOT_WORDS, words, free * SLOT_WORDS);
      free = next;
    }
    words[free * SLOT_WORDS + EXPIRY_WORD] = 0;
    this.#size -= 1;
  }
}

function areSlotsEqual(a: Int32Array, at: number, b: Int32Array, from: number): boolean {
  return a[at + 3] === b[from + 3] && a[at + 2] === b[from + 2] && a[at + 1] === b[from + 1] && a[at] === b[from];
}

function copySlot(from: Int32Array, at: number, to: Int32Array, into: number): void {
  for (let word = 0; word < SLOT_WORDS; word += 1) to[into + word] = from[at + word]!;
}
