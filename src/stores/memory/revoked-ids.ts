import { ExpiringMap } from "./expiring.ts";
import { PackedIds } from "./packed-ids.ts";

/** Ids of any kind, each until a second of its own. UUIDs, as our own are, take little room. */
export class RevokedIds {
  readonly #packed: PackedIds;
  readonly #others: ExpiringMap<number>;

  constructor(now: () => number) {
    this.#packed = new PackedIds(now);
    this.#others = new ExpiringMap((expiry) => expiry * 1_000, now);
  }

  get size(): number {
    return this.#packed.size + this.#others.size;
  }

  /** Whether an id is held that has not expired. */
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
