import { PackedTable } from "./packed-table.ts";
import { hashOf, readUuid } from "./uuid.ts";

/** A table of so many slots splits before it grows: to fill a place of that size takes a fraction of a millisecond. */
const SLOTS = 8_192;
const MOST_TABLES = 65_536; // as many as the lower half of a hash can tell apart

/** The slots that are looked at are four for every use, at once for several. */
const USES_PER_SWEEP = 32;
const SLOTS_PER_SWEEP = 128;

const LAST_SECOND = 0xffff_ffff;

/** The id in question. One for all, as nothing here waits. */
const uuid = new Int32Array(4);

/**
 * UUIDs, each until a second of its own, in 27 to 80 bytes apiece. They are in tables that split and join, by the bits of
 * a hash, so that at no time there is more to be done than for one table. There is no timer either:
 * {@link PackedIds.sweep} is to be called with every use. What has ended by the instant that `endedBy` gives may go.
 */
export class PackedIds {
  /** Those of ids whose hashes end in the same bits, at every index that ends in them. */
  #tables = [new PackedTable()];
  readonly #endedBy: () => number;
  #uses = 0;
  #hand = 0;

  constructor(endedBy: () => number) {
    this.#endedBy = endedBy;
  }

  get size(): number {
    return this.#tables.reduce((sum, { bit, size }, index) => (index < bit ? sum + size : sum), 0);
  }

  /** Whether an id is held. */
  has(id: string): boolean {
    return readUuid(id, uuid) && this.#tableAt(hashOf(uuid, 0)).expiryOf(uuid) !== 0;
  }

  /**
   * Holds an id until a second, and no shorter than it is held already.
   *
   * @returns `false` for what can't be held here: an id that is no UUID, a second that is none of 32 bits
   */
  add(id: string, expiry: number): boolean {
    const holds = expiry * 1_000 > this.#endedBy();
    if (!(expiry > 0 && expiry <= LAST_SECOND) || !readUuid(id, uuid)) return false;
    if (holds) this.#roomAt(hashOf(uuid, 0)).set(uuid, expiry);
    return true;
  }

  /** Lets go a few of those that have expired. */
  sweep(): void {
    this.#uses = (this.#uses + 1) % USES_PER_SWEEP;
    if (this.#uses !== 0) return;
    const endedBy = this.#endedBy();
    for (let looked = 0; looked < SLOTS_PER_SWEEP; looked += 1) {
      const table = this.#tableAt(this.#hand);
      if (this.#hand < table.bit && !table.sweep(endedBy)) continue; // from its bit on, a table comes once more
      this.#tighten(this.#hand);
      this.#hand = (this.#hand + 1) % this.#tables.length;
    }
  }

  #tableAt(index: number): PackedTable {
    return this.#tables[index & (this.#tables.length - 1)]!;
  }

  #put(table: PackedTable, index: number): void {
    for (let same = index & (table.bit - 1); same < this.#tables.length; same += table.bit) this.#tables[same] = table;
  }

  /** The table for a hash, with a slot left. */
  #roomAt(hash: number): PackedTable {
    const table = this.#tableAt(hash);
    if (table.size + 1 < table.slots * 0.75) return table;
    const { bit, slots } = table;
    if (slots < SLOTS || bit === MOST_TABLES) table.resize(slots * 2);
    else {
      if (bit === this.#tables.length) this.#tables = this.#tables.concat(this.#tables);
      this.#put(table.split(), (hash & (bit - 1)) | bit);
    }
    return this.#tableAt(hash);
  }

  /** Joins a table to its other half while both are nearly empty, and makes the last one smaller. */
  #tighten(index: number): void {
    let table = this.#tableAt(index);
    while (table.bit > 1) {
      const half = table.bit / 2;
      const older = this.#tableAt(index & (half - 1));
      const newer = this.#tableAt(index | half);
      if (older.bit !== newer.bit || older.size + newer.size > older.slots / 2) return;
      older.join(newer);
      this.#put(older, index);
      table = older;
    }
    if (table.size < table.slots / 4 && table.slots > 1) table.resize(table.slots / 2);
  }
}
