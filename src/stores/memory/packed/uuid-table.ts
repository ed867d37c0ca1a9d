import { Bucket } from "./bucket.ts";
import { hashUuid, parseUuid } from "./uuid.ts";

/**
 * A bucket of this many slots splits instead of growing: filling an array of this size takes less than a millisecond.
 */
const BUCKET_SLOTS = 8_192;

/** The lower 16 bits of a hash choose a bucket, so that the directory has no more entries than this. */
const MAX_DIRECTORY_LENGTH = 65_536;

const MAX_LOAD = 0.75;

/** Sweeping checks four slots for each use, for 32 uses at a time. */
const USES_PER_SWEEP = 32;
const SLOTS_PER_SWEEP = 128;

const LAST_SECOND = 0xffff_ffff;

/** The UUID of the current call. All tables share the array, because all calls are synchronous. */
const uuidWords = new Int32Array(4);

/**
 * UUIDs that expire, by extendible hashing: 27 to 80 bytes an entry, and no step takes long, however many entries there
 * are. `docs/architecture/packed-table.md` describes it. Call {@link UuidTable.sweep} at every use.
 */
export class UuidTable {
  /** Its length is a power of two. The last bits of a hash are an index into it. */
  #directory = [new Bucket()];
  readonly #readHorizon: () => number;
  #uses = 0;
  #hand = 0;

  /** @param readHorizon - returns the instant by which an entry must have expired to be forgotten */
  constructor(readHorizon: () => number) {
    this.#readHorizon = readHorizon;
  }

  get size(): number {
    // A bucket counts at the first of its entries in the directory.
    return this.#directory.reduce((sum, { stride, size }, index) => (index < stride ? sum + size : sum), 0);
  }

  has(id: string): boolean {
    return parseUuid(id, uuidWords) && this.#getBucket(hashUuid(uuidWords, 0)).getExpiry(uuidWords) !== 0;
  }

  /**
   * Stores an id until the given second, or until the stored one where that is later. An id that has already expired is
   * stored too, because the horizon may go back.
   *
   * @returns `false` for what the table can't hold: an id that is not a UUID, or a second beyond 32 bits
   */
  add(id: string, expiry: number): boolean {
    if (!(expiry > 0 && expiry <= LAST_SECOND) || !parseUuid(id, uuidWords)) return false;
    this.#getBucketWithRoom(hashUuid(uuidWords, 0)).set(uuidWords, expiry);
    return true;
  }

  /** Removes a few expired entries. */
  sweep(): void {
    this.#uses = (this.#uses + 1) % USES_PER_SWEEP;
    if (this.#uses !== 0) return;
    const horizon = this.#readHorizon();
    for (let looked = 0; looked < SLOTS_PER_SWEEP; looked += 1) {
      const bucket = this.#getBucket(this.#hand);
      // At an index of its stride or above, a bucket comes up again, and needs no second pass.
      if (this.#hand < bucket.stride && !bucket.sweep(horizon)) continue;
      this.#shrink(this.#hand);
      this.#hand = (this.#hand + 1) % this.#directory.length;
    }
  }

  #getBucket(hash: number): Bucket {
    return this.#directory[hash & (this.#directory.length - 1)]!;
  }

  #setBucket(hash: number, bucket: Bucket): void {
    const { stride } = bucket;
    for (let index = hash & (stride - 1); index < this.#directory.length; index += stride) {
      this.#directory[index] = bucket;
    }
  }

  /** Returns the bucket for a hash, after growing or splitting it where it is full. */
  #getBucketWithRoom(hash: number): Bucket {
    const bucket = this.#getBucket(hash);
    const { size, slots, stride } = bucket;
    if (size + 1 < slots * MAX_LOAD) return bucket;
    if (slots < BUCKET_SLOTS || stride === MAX_DIRECTORY_LENGTH) bucket.resize(slots * 2);
    else {
      if (stride === this.#directory.length) this.#directory = this.#directory.concat(this.#directory);
      this.#setBucket((hash & (stride - 1)) | stride, bucket.split());
    }
    return this.#getBucket(hash);
  }

  /** Merges a bucket with its other half while both are nearly empty, and halves the array of the last bucket. */
  #shrink(index: number): void {
    let bucket = this.#getBucket(index);
    while (bucket.stride > 1) {
      const half = bucket.stride / 2;
      const lower = this.#getBucket(index & (half - 1));
      const upper = this.#getBucket(index | half);
      if (lower.stride !== upper.stride || lower.size + upper.size > lower.slots / 2) return;
      lower.merge(upper);
      this.#setBucket(index, lower);
      bucket = lower;
    }
    if (bucket.size < bucket.slots / 4 && bucket.slots > 1) bucket.resize(bucket.slots / 2);
  }
}
