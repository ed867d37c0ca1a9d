import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { createTokenError, createTokenMismatch } from "../core/token/compact.ts";
import { STATUS, type StatusCheck } from "../core/token/status.ts";
import { type FreshStats, FreshValue } from "../remote/fresh-value.ts";
import { nameUrl } from "../remote/url.ts";
import { MAX_STATUS_LISTS } from "../shared/limits.ts";
import { createOutage, toOutage } from "../store-calls/call.ts";
import { tellOutage } from "../store-calls/outage.ts";
import { readStatus } from "./bits.ts";
import { readReference, type StatusReference } from "./claim.ts";
import { type FetchedList, fetchList } from "./fetch-list.ts";
import { checkStatusListsOptions, type StatusListsOptions, type StatusListsSettings } from "./lists-options.ts";

/** The status lists of an issuer. Give them to the profile of its tokens as `status`. */
export interface StatusLists extends StatusCheck {
  /** Gives the state of each kept list, by its address. */
  stats(): Readonly<Record<string, FreshStats>>;
}

const CALL = "statusLists.fetch";
const VALID = 0;

type KeptList = FreshValue<FetchedList>;

/**
 * Reads the status lists that an issuer publishes (draft-ietf-oauth-status-list-21 §8), and refuses tokens that are
 * revoked or suspended there. A list is fetched when a token names it, and renewed in the background while tokens name
 * it.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const accessToken = defineToken({
 *   keys,
 *   issuer: "https://auth.example.com",
 *   audience: "https://api.example.com",
 *   status: statusLists({ keys, lists: "https://auth.example.com/statuslists/" }),
 * });
 * ```
 */
export function statusLists(options: StatusListsOptions): StatusLists {
  const settings = checkStatusListsOptions(options);
  const lists = new KeptLists(settings);
  return Object.freeze({
    check(claims) {
      const reference = readReference(claims);
      if (reference !== null) return checkReference(settings, lists.open(reference.uri), reference);
      if (settings.required) throw createTokenError("status.status_list is missing, expected the place of its status");
    },
    stats: () => lists.stats(),
    [STATUS]: true,
  } satisfies StatusLists);
}

/** Checks a status. It returns a promise only where it waits for the list. */
function checkReference(
  { now }: StatusListsSettings,
  list: KeptList,
  { uri, idx }: StatusReference,
): void | Promise<void> {
  const find = (known: FetchedList | null): number | null =>
    known === null || readClock(now) >= known.expiresAt ? null : readStatus(known, idx);

  const wait = async (): Promise<void> => {
    let known: FetchedList | null = await list.wait();
    if (find(known) === null) {
      await list.renew(); // It has expired, or may have grown since.
      known = list.read();
    }
    const status = find(known);
    if (status !== null) return refuseUnlessValid(status);
    const isOver = known === null || readClock(now) >= known.expiresAt;
    if (isOver) throw createOutage(CALL, 0, new Error("the status list has expired, and there is no other one"));
    throw createTokenMismatch("status.status_list.idx", idx, `an index of the list at ${uri}`);
  };

  const status = find(list.read());
  return status === null ? wait() : refuseUnlessValid(status);
}

/** Refuses a token that is revoked, suspended, or in a state that only its issuer knows (§7.1). */
function refuseUnlessValid(status: number): void {
  if (status !== VALID) throw new AuthError("revoked", { cause: new Error(`the token's status is ${status}`) });
}

/** Asks a function of the application, whose error is an outage. */
function askApplication<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toOutage(CALL, error);
  }
}

/** The lists in use, the most recently used one last (LRU). */
class KeptLists {
  readonly #settings: StatusListsSettings;
  readonly #lists = new Map<string, { readonly url: URL; readonly list: KeptList }>();

  constructor(settings: StatusListsSettings) {
    this.#settings = settings;
  }

  /** Gives a list, which may still have to be fetched. */
  open(uri: string): KeptList {
    const kept = this.#lists.get(uri) ?? this.#create(uri);
    this.#lists.delete(uri);
    this.#lists.set(uri, kept);
    return kept.list;
  }

  stats(): Readonly<Record<string, FreshStats>> {
    return Object.fromEntries([...this.#lists.values()].map(({ url, list }) => [nameUrl(url), list.stats()]));
  }

  #create(uri: string): { readonly url: URL; readonly list: KeptList } {
    const { findUrl, staleIfErrorMs, now, onOutage } = this.#settings;
    const url = askApplication(() => findUrl(uri));
    this.#makeRoom();
    const onFailed = (error: unknown): void =>
      tellOutage(onOutage, createOutage(CALL, 0, error), "fetchStatusList", false);
    const load = () => fetchList(uri, url, this.#settings);
    return { url, list: new FreshValue<FetchedList>({ name: CALL, load, staleIfErrorMs, now, onFailed }) };
  }

  /** Evicts the least recently used list. A list that was just fetched stays: it must not be fetched again so soon. */
  #makeRoom(): void {
    const [oldest] = this.#lists;
    if (this.#lists.size < MAX_STATUS_LISTS || oldest === undefined) return;
    const [uri, { list }] = oldest;
    const { nextTryAt } = list.stats();
    if (nextTryAt !== null && nextTryAt > readClock(this.#settings.now)) {
      throw createOutage(CALL, 0, new Error(`tokens name more than ${MAX_STATUS_LISTS} status lists at once`));
    }
    this.#lists.delete(uri);
  }
}
