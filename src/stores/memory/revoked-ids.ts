import { ExpiringMap } from "./expiring.ts";
import { PackedIds } from "./packed-ids.ts";

/**
 * Ids of any kind, each until a second of its own. UUIDs, as our own are, take little room. What has ended by the instant
 * that `endedBy` gives may go.
 */
export class RevokedIds {
  readonly #packed: PackedIds;
  readonly #others: ExpiringMap<number>;

  constructor(endedBy: () => number) {
    this.#packed = new PackedIds(endedBy);
    this.#others = new ExpiringMap((expiry) => expiry * 1_000, endedBy);
  }

  get size(): number {
    return this.#packed.size + this.#others.size;
  }

  /** Whether an id is held. */
  has(id: string): boolean {
    return this.#packed.has(id) || this.#others.get(id) !== undefined;
  }

  /** Holds an id until a second, and no shorter than it is held already. */
  add(id: string, expiry: number): void {
    if (this.#packed.add(id, expiry)) return;
    this.#others.set(id, Math.max(this.#others.get(id) ?? expiry, expiry));
  }

  /** Lets go a few of those that have expired: to be called with every use. */
  sweep(): void {
    this.#packed.sweep();
    this.#others.sweep();
  }
}
