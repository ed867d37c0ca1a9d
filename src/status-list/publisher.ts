import { computeDigest } from "../core/digest.ts";
import type { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import type { TokenProfile } from "../core/token/profile.ts";
import { MAX_PUBLISHED_LISTS, MIN_PUBLISH_INTERVAL_MS } from "../shared/limits.ts";
import { callStore, unavailable } from "../store-calls/call.ts";
import { isOutage } from "../store-calls/outage.ts";
import { expectMarks } from "../store-calls/status-answers.ts";
import type { StatusListStore } from "../stores/contract.ts";
import { writeStatuses } from "./bits.ts";
import { refuseSecret } from "./options.ts";
import type { StatusPlace } from "./place.ts";

/** A status list as it is to be sent. */
export interface PublishedStatusList {
  /** The list as a signed token, to be sent as `application/statuslist+jwt`. */
  readonly token: string;
  /** Names this version of it: a strong `ETag` (RFC 9110 §8.8.3), with its quotes. */
  readonly etag: string;
  /** For how many seconds caches may keep it. */
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
  /** Is told where a list goes on as it was, since it can't be read. */
  readonly onStale: (error: AuthError) => void;
}

/** A list as it was last written. Instants are in milliseconds since 1970. */
interface Written extends Pick<PublishedStatusList, "token" | "etag"> {
  readonly bytes: Buffer;
  /** The instant before the store was read. */
  readonly readAt: number;
  /** How often this process had revoked something in the list by then. */
  readonly revision: number;
  /** When the token is written anew whether anything has changed or not. */
  readonly rewriteAt: number;
  readonly expiresAt: number;
}

/** After this part of its `ttl` a list is read again: another process may have revoked something. */
const REREAD = 0.1;
const MAX_REREAD_MS = 30_000;

/** Writes the tokens of a service's lists, and keeps each as long as it says what the store says. */
export class StatusPublisher {
  readonly #settings: PublisherSettings;
  readonly #rereadMs: number;
  /** The lists that were asked for, the last one at the end. */
  readonly #written = new Map<number, Written>();
  readonly #flights = new Map<number, Promise<Written>>();
  readonly #revisions = new Map<number, number>();

  constructor(settings: PublisherSettings) {
    this.#settings = settings;
    this.#rereadMs = Math.min(Math.max(settings.ttl * 1_000 * REREAD, MIN_PUBLISH_INTERVAL_MS), MAX_REREAD_MS);
  }

  /** Notes that something was revoked in a list. What is being written may not say so. */
  touch(list: number): void {
    this.#revisions.set(list, this.#countRevisions(list) + 1);
  }

  /** Tells whether a list was written already, so that it is known to be one. */
  has(list: number): boolean {
    return this.#written.has(list);
  }

  /**
   * Gives a list. It is read and written anew where it is time, once for all who ask.
   *
   * @throws AuthError `unavailable` (503) where it can't be read, and the last one has expired
   */
  async publish(list: number): Promise<PublishedStatusList> {
    const known = this.#written.get(list);
    const { token, etag, expiresAt } =
      known !== undefined && !this.#isDue(list, known) ? known : await this.#join(list, known);
    this.#keep(list);
    const left = Math.floor((expiresAt - this.#readClock()) / 1_000);
    return { token, etag, maxAge: Math.max(Math.min(this.#settings.ttl, left), 0) };
  }

  #isDue(list: number, { readAt, revision, rewriteAt }: Written): boolean {
    const now = this.#readClock();
    if (now < readAt || now >= rewriteAt || now >= readAt + this.#rereadMs) return true;
    return revision !== this.#countRevisions(list) && now >= readAt + MIN_PUBLISH_INTERVAL_MS;
  }

  async #join(list: number, known: Written | undefined): Promise<Written> {
    const joined = this.#flights.get(list);
    if (joined !== undefined) return joined;
    const isCrowded = this.#flights.size >= MAX_PUBLISHED_LISTS;
    if (isCrowded) throw unavailable("statusList.read", 0, new Error("too many status lists are asked for at once"));
    const flight = this.#start(list, known);
    this.#flights.set(list, flight);
    return flight;
  }

  async #start(list: number, known: Written | undefined): Promise<Written> {
    try {
      const written = await this.#write(list, known);
      this.#written.set(list, written);
      return written;
    } finally {
      this.#flights.delete(list);
    }
  }

  /** Reads a list, and writes its token where it has changed. A list that can't be read goes on until it expires. */
  async #write(list: number, known: Written | undefined): Promise<Written> {
    const { size, profile } = this.#settings;
    const [readAt, revision] = [this.#readClock(), this.#countRevisions(list)];
    try {
      const bytes = Buffer.alloc(Math.ceil(size / 8));
      bytes.set((await this.#read(list)).subarray(0, bytes.length));
      const isSame = known?.bytes.equals(bytes) === true && readAt >= known.readAt && readAt < known.rewriteAt;
      if (isSame) return { ...known, readAt, revision };
      const token = await this.#issue(list, bytes, readAt);
      const lifetime = profile.expiresIn * 1_000;
      const expiresAt = (Math.floor(readAt / 1_000) + profile.expiresIn) * 1_000;
      const etag = `"${computeDigest(token)}"`;
      return { token, etag, bytes, readAt, revision, rewriteAt: readAt + lifetime / 2, expiresAt };
    } catch (error) {
      const isGood = known !== undefined && readAt >= known.readAt && readAt < known.expiresAt;
      if (!isGood || !isOutage(error)) throw error;
      this.#settings.onStale(error);
      // It is tried again when it is due the next time, also where it should have been written anew by now.
      const rewriteAt = Math.max(known.rewriteAt, readAt + this.#rereadMs);
      return { ...known, readAt, rewriteAt: Math.min(rewriteAt, known.expiresAt) };
    }
  }

  #read(list: number): Promise<Uint8Array> {
    const { store, uri, size, storeTimeoutMs } = this.#settings;
    const read = async () => store.read(uri, list);
    return callStore("statusList.read", storeTimeoutMs, read, expectMarks(Math.ceil(size / 8)));
  }

  async #issue(list: number, bytes: Buffer, time: number): Promise<string> {
    const { uri, ttl, profile } = this.#settings;
    const statuses = await writeStatuses({ bits: 1, bytes });
    const token = await issueAt({ sub: `${uri}/${list}`, ttl, status_list: statuses }, profile, time);
    refuseSecret(profile); // Keys that are loaded from elsewhere are known by now.
    return token;
  }

  /** Keeps the lists that were asked for last. */
  #keep(list: number): void {
    const written = this.#written.get(list) as Written;
    this.#written.delete(list);
    this.#written.set(list, written);
    const [oldest] = this.#written.keys();
    if (this.#written.size > MAX_PUBLISHED_LISTS) this.#written.delete(oldest as number);
  }

  #countRevisions(list: number): number {
    return this.#revisions.get(list) ?? 0;
  }

  #readClock(): number {
    return readClock(this.#settings.profile.now);
  }
}

/** Sorts places by their lists. */
export function groupByList(places: readonly StatusPlace[]): ReadonlyMap<number, readonly number[]> {
  const lists = new Map<number, number[]>();
  for (const { list, index } of places) lists.set(list, [...(lists.get(list) ?? []), index]);
  return lists;
}
