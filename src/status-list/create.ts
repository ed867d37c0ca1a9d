import { assert } from "../shared/assert.ts";
import { checkInteger } from "../shared/options.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import { bindOperation } from "../store-calls/operation.ts";
import { tellOutage } from "../store-calls/outage.ts";
import { StatusAllocator } from "./allocator.ts";
import type { StatusClaim } from "./claim.ts";
import { ListCounter } from "./counter.ts";
import { checkStatusListOptions, type StatusListOptions, type StatusListSettings } from "./options.ts";
import { MAX_NUMBER, type StatusPlace } from "./place.ts";
import { PLACES, type StatusListPlaces } from "./places.ts";
import { groupByList, type PublishedStatusList, StatusPublisher } from "./publisher.ts";

/** The status lists of a service: they tell others which of its tokens were revoked. */
export interface StatusList {
  /** The address under which the lists are. */
  readonly uri: string;
  /**
   * Gives out a place that nobody has, for a token without a session.
   *
   * @throws AuthError `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const place = await statusList.allocate(); // Keep it, to revoke the token by it.
   * const token = await issueToken({ sub: "door-7", status: statusList.claimOf(place) }, badge);
   * ```
   */
  allocate(): Promise<StatusPlace>;
  /** Writes the `status` claim of a token that has a place (draft-ietf-oauth-status-list-21 §6.2). */
  claimOf(place: StatusPlace): StatusClaim;
  /**
   * Revokes the tokens and sessions that have these places, for good. The revocation is stored once the promise
   * resolves.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored: try again
   * @throws TypeError when a value is not a place
   */
  revoke(...places: readonly StatusPlace[]): Promise<void>;
  /**
   * Gives a list as a signed token, for a route or an upload. When it is due, it is read from the store and signed
   * again, once for all callers. While the store is down, the last token stays in use until it expires.
   *
   * @param list - the number of the list, the last part of its URI
   * @returns the list; `null` where there is none with that number
   * @throws AuthError `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const published = await statusList.publish(1);
   * ```
   */
  publish(list: number): Promise<PublishedStatusList | null>;
  /** @internal */
  readonly [PLACES]: StatusListPlaces;
}

type Call = Budgeted<StatusListSettings>;

/**
 * Creates the status lists of a service (draft-ietf-oauth-status-list-21): signed lists with one bit for each token or
 * session. Any CDN can serve them. A service in any language can read in them what was revoked, without asking your
 * store. Give them to the sessions of an authenticator as `refresh: { store, statusList }`, and publish them by
 * `statusList` of an adapter.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const statusList = createStatusList({
 *   uri: "https://auth.example.com/statuslists",
 *   keys: await importKey(process.env.SIGNING_KEY),
 *   store: postgresStatusListStore({ client: pool }),
 * });
 * ```
 */
export function createStatusList(options: StatusListOptions): StatusList {
  const settings = checkStatusListOptions(options);
  const { uri, store, size, onOutage } = settings;
  const allocator = new StatusAllocator(settings);
  const counter = new ListCounter(settings.profile.now, allocator);
  const publisher = new StatusPublisher({
    ...settings,
    onStale: (error) => tellOutage(onOutage, error, "publishStatusList", false),
  });

  const places: StatusListPlaces = {
    allocate: () => allocator.allocate(),
    claimOf: ({ list, index }) => ({ status_list: { idx: index, uri: `${uri}/${list}` } }),
    async revoke(given) {
      const valid = given.filter(({ index }) => index < size);
      const marks = [...groupByList(valid)].map(async ([list, indices]) => {
        await store.mark(uri, list, indices);
        publisher.touch(list);
      });
      await Promise.all(marks);
    },
  };

  const checkPlace = (place: StatusPlace): StatusPlace => {
    const { list, index } = (place ?? {}) as Partial<StatusPlace>;
    checkInteger("a status list's place: list", list, 1, MAX_NUMBER);
    checkInteger("a status list's place: index", index, 0, size - 1);
    return { list: list as number, index: index as number };
  };

  const allocate = ({ budget }: Call) =>
    budget.callStore("statusList.allocate", () => places.allocate(), acceptAnything);
  const revoke = async ({ budget }: Call, given: readonly StatusPlace[]) => {
    assert(given.length > 0, "revoke takes places as allocate gave them, one or several");
    const checked = given.map(checkPlace);
    await budget.callStore("statusList.revoke", () => places.revoke(checked), acceptAnything);
  };
  const publish = async ({ budget }: Call, list: number): Promise<PublishedStatusList | null> => {
    if (!Number.isSafeInteger(list) || list < 1 || list > MAX_NUMBER) return null;
    const count = () => counter.covers(list);
    const isThere = publisher.has(list) || (await budget.callStore("statusList.allocate", count, acceptAnything));
    return isThere ? publisher.publish(list) : null;
  };

  const revokeAll = bindOperation("revokeStatus", settings, revoke);
  return Object.freeze({
    uri,
    allocate: bindOperation("allocateStatus", settings, allocate),
    claimOf: (place: StatusPlace) => places.claimOf(checkPlace(place)),
    revoke: (...given: readonly StatusPlace[]) => revokeAll(given),
    publish: bindOperation("publishStatusList", settings, publish),
    [PLACES]: places,
  });
}
