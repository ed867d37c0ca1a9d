import { computeDigest } from "../core/digest.ts";
import type { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import type { TokenProfile } from "../core/token/profile.ts";
import { Busy, ENDS_AT, FreshValue } from "../remote/fresh-value.ts";
import { MAX_PUBLISHED_LISTS, MIN_PUBLISH_INTERVAL_MS } from "../shared/limits.ts";
import { ignore } from "../shared/listener.ts";
import { callStore, createOutage } from "../store-calls/call.ts";
import { isOutage } from "../store-calls/outage.ts";
import { expectMarks } from "../store-calls/status-answers.ts";
import type { StatusListStore } from "../stores/contract.ts";
import { writeStatuses } from "./bits.ts";

/** A status list, ready to be sent. */
export interface PublishedStatusList {
  /** The list as a signed token, to be sent as `application/statuslist+jwt`. */
  readonly token: string;
  /** Identifies this version of it: a strong `ETag` (RFC 9110 §8.8.3), with its quotes. */
  readonly etag: string;
  /** How many seconds caches may keep it. */
  readonly maxAge: number;
}

/** How lists are published. */
export interface PublisherSettings {
  readonly store: StatusListStore;
  readonly uri: string;
  readonly size: number;
  /** In seconds. */
  readonly ttl: number;
  /** The profile of the lists' tokens. */
  readonly profile: TokenProfile<undefined>;
  readonly storeTimeoutMs: number;
  /** Is called when a list stays in use because it can't be read. */
  readonly onStale: (error: AuthError) => void;
}

/** A list as it was last written. Instants are in milliseconds since 1970. */
interface Written extends Pick<PublishedStatusList, "token" | "etag"> {
  readonly bytes: Buffer;
  /** When the read of the store began. */
  readonly readAt: number;
  /** How often this process had revoked something in the list before it was read. */
  readonly revision: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

type WrittenList = FreshValue<Written>;

const CALL = "statusList.read";

/** A list is read again before this part of its `ttl` is over, since another process may have revoked something. */
const REREAD = 0.1;
const MAX_REREAD_MS = 30_000;

/** Writes the tokens of a service's lists, and keeps each as long as it agrees with the store. */
export class StatusPublisher {
  readonly #settings: PublisherSettings;
  readonly #rereadMs: number;
  /** The lists in use, the most recently used one last (LRU). */
  readonly #lists = new Map<number, WrittenList>();
  readonly #revisions = new Map<number, number>();
  #reads = 0;

  constructor(settings: PublisherSettings) {
    this.#settings = settings;
    this.#rereadMs = Math.min(Math.max(settings.ttl * 1_000 * REREAD, MIN_PUBLISH_INTERVAL_MS), MAX_REREAD_MS);
  }

  /** Notes that something was revoked in a list. A token that is just being written may not show that. */
  touch(list: number): void {
    this.#revisions.set(list, this.#countRevisions(list) + 1);
  }

  /** Tells whether a list was asked for before, so that it is known to exist. */
  has(list: number): boolean {
    return this.#lists.has(list);
  }

  /**
   * Gives a list. When it is due, it is read and written again in the background. If this process has revoked something
   * since, this call waits for that, provided that a second has passed since the last read and the store does not fail.
   *
   * @throws AuthError `unavailable` (503) where it can't be read, and the last token has expired
   */
  async publish(list: number): Promise<PublishedStatusList> {
    const kept = this.#open(list);
    if (this.#isBehind(list, kept)) await kept.renew().catch(ignore);
    const { token, etag, expiresAt } = await kept.wait();
    const left = Math.floor((expiresAt - this.#readClock()) / 1_000);
    return { token, etag, maxAge: Math.max(Math.min(this.#findTtl(kept), left), 0) };
  }

  /** Computes how many seconds caches may keep a list: in an outage, only until the store is asked again. */
  #findTtl(kept: WrittenList): number {
    const { failures, nextTryAt } = kept.stats();
    const { ttl } = this.#settings;
    return failures === 0 ? ttl : Math.min(ttl, Math.ceil(((nextTryAt as number) - this.#readClock()) / 1_000));
  }

  #isBehind(list: number, kept: WrittenList): boolean {
    const written = kept.peek();
    const isBehind = written !== null && written.revision !== this.#countRevisions(list);
    return isBehind && kept.stats().failures === 0;
  }

  /**
   * Gives a list, which may still have to be read. A list that is dated in the future, since the clock was set back, is
   * dropped.
   */
  #open(list: number): WrittenList {
    const known = this.#lists.get(list);
    const isAhead = this.#readClock() < (known?.peek()?.issuedAt ?? 0);
    this.#lists.delete(list);
    const kept = known === undefined || isAhead ? this.#create(list) : known;
    this.#lists.set(list, kept);
    return kept;
  }

  #create(list: number): WrittenList {
    if (this.#lists.size >= MAX_PUBLISHED_LISTS) this.#lists.delete(this.#findSpare());
    let last: Written | null = null;
    const kept: WrittenList = new FreshValue<Written>({
      name: CALL,
      load: async () => {
        last = await this.#write(list, last);
        const freshForMs = this.#rereadMs / ENDS_AT;
        return { value: last, freshForMs, staleIfErrorMs: last.expiresAt - last.readAt - freshForMs };
      },
      staleIfErrorMs: 0, // Each list has its own.
      now: this.#settings.profile.now,
      pauses: { minMs: MIN_PUBLISH_INTERVAL_MS, maxMs: this.#rereadMs },
      onFailed: (error) => {
        if (kept.peek() !== null) this.#settings.onStale(isOutage(error) ? error : createOutage(CALL, 0, error));
      },
    });
    return kept;
  }

  /** Finds the list to evict: one that was never read, or else the least recently used. */
  #findSpare(): number {
    const isUnread = (list: WrittenList): boolean => list.stats().ageMs === null;
    const [number] = [...this.#lists].find(([, list]) => isUnread(list)) ?? [...this.#lists.keys()];
    return number as number;
  }

  /** Reads a list, and writes its token where it has changed or is half of its lifetime old. */
  async #write(list: number, last: Written | null): Promise<Written> {
    const { size, profile } = this.#settings;
    const [readAt, revision] = [this.#readClock(), this.#countRevisions(list)];
    const bytes = Buffer.alloc(Math.ceil(size / 8));
    bytes.set((await this.#read(list)).subarray(0, bytes.length));
    const isSame = last?.bytes.equals(bytes) === true && readAt < last.issuedAt + profile.expiresIn * 500;
    if (isSame) return { ...last, readAt, revision };
    const token = await this.#issue(list, bytes, readAt);
    const expiresAt = (Math.floor(readAt / 1_000) + profile.expiresIn) * 1_000;
    const etag = `"${computeDigest(token)}"`;
    return { token, etag, bytes, readAt, revision, issuedAt: readAt, expiresAt };
  }

  async #read(list: number): Promise<Uint8Array> {
    if (this.#reads >= MAX_PUBLISHED_LISTS) throw new Busy("too many status lists are asked for at once");
    const { store, uri, size, storeTimeoutMs } = this.#settings;
    this.#reads += 1;
    try {
      const read = async () => store.read(uri, list);
      return await callStore(CALL, storeTimeoutMs, read, expectMarks(Math.ceil(size / 8)));
    } finally {
      this.#reads -= 1;
    }
  }

  async #issue(list: number, bytes: Buffer, time: number): Promise<string> {
    const { uri, ttl, profile } = this.#settings;
    const statuses = await writeStatuses({ bits: 1, bytes });
    return issueAt({ sub: `${uri}/${list}`, ttl, status_list: statuses }, profile, time);
  }

  #countRevisions(list: number): number {
    return this.#revisions.get(list) ?? 0;
  }

  #readClock(): number {
    return readClock(this.#settings.profile.now);
  }
}
