import { ExpiringMap } from "../expiring-map.ts";
import { UuidTable } from "./uuid-table.ts";

/** Ids of any form, each with the second in which it expires. UUIDs, as our own ids are, take little memory. */
export class RevokedIds {
  readonly #uuids: UuidTable;
  readonly #others: ExpiringMap<number>;

  /** @param readHorizon - returns the instant by which an id must have expired to be forgotten */
  constructor(readHorizon: () => number) {
    this.#uuids = new UuidTable(readHorizon);
    this.#others = new ExpiringMap((expiry) => expiry * 1_000, readHorizon);
  }

  get size(): number {
    return this.#uuids.size + this.#others.size;
  }

  has(id: string): boolean {
    return this.#uuids.has(id) || this.#others.get(id) !== undefined;
  }

  /** Stores an id until the given second, or until the stored one where that is later. */
  add(id: string, expiry: number): void {
    if (this.#uuids.add(id, expiry)) return;
    this.#others.set(id, Math.max(this.#others.get(id) ?? expiry, expiry));
  }

  /** Removes a few expired ids. Call it at every use. */
  sweep(): void {
    this.#uuids.sweep();
    this.#others.sweep();
  }
}
