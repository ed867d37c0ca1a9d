import { assert } from "../shared/assert.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import { bindOperation } from "../store-calls/operation.ts";
import { tellOutage } from "../store-calls/outage.ts";
import { StatusAllocator } from "./allocator.ts";
import { ListCounter } from "./counter.ts";
import { checkStatusListOptions, OWNER, type StatusListOptions, type StatusListSettings } from "./options.ts";
import { MAX_NUMBER, type StatusPlace } from "./place.ts";
import { PLACES, type StatusListPlaces } from "./places.ts";
import { type PublishedStatusList, StatusPublisher } from "./publisher.ts";
import { claimOf, KnownSeries } from "./series.ts";
import type { StatusList } from "./status-list.ts";

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
 *   keys: await importKey(process.env.SIGNING_KEY ?? ""),
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

  const mark = async (list: number, indices: readonly number[]): Promise<void> => {
    await store.mark(uri, list, indices);
    publisher.touch(list);
  };
  const known = new KnownSeries(OWNER, { uri, size, mark }, settings.previous);
  const places: StatusListPlaces = {
    series: known.all,
    allocate: () => allocator.allocate(),
    find: (sid) => known.find(sid),
    revoke: (given) => known.revoke(given),
    claimOf,
  };

  const allocate = ({ budget }: Call) =>
    budget.callStore("statusList.allocate", () => places.allocate(), acceptAnything);
  const revoke = async ({ budget }: Call, given: readonly StatusPlace[]) => {
    assert(given.length > 0, "revoke takes places as allocate gave them, one or several");
    const checked = given.map((place) => known.check(place));
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
    claimOf: (place: StatusPlace) => claimOf(known.check(place)),
    revoke: (...given: readonly StatusPlace[]) => revokeAll(given),
    publish: bindOperation("publishStatusList", settings, publish),
    [PLACES]: places,
  });
}
