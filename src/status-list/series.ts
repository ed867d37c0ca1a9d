import { assert } from "../shared/assert.ts";
import { createWarning } from "../shared/listener.ts";
import { checkInteger } from "../shared/options.ts";
import { MAX_NUMBER, nameSeries, parseSid, type StatusPlace } from "./place.ts";
import { findPlaces, type StatusListPlaces, type StatusSeries } from "./places.ts";

/**
 * Checks the option `previous`, and lists the series of the status lists in it, with their own previous ones.
 *
 * @throws TypeError where it holds anything else
 */
export function checkPrevious(owner: string, previous: unknown): readonly StatusSeries[] {
  const places = Array.isArray(previous) ? previous.map(findPlaces) : [undefined];
  return places.flatMap((it) => {
    assert(it !== undefined, `${owner}: previous must be an array of what createStatusList made`);
    return it.series;
  });
}

/** The series whose places a service knows. A place belongs to exactly one of them, and is marked in no other. */
export class KnownSeries {
  readonly all: readonly StatusSeries[];
  readonly #byName = new Map<string, StatusSeries>();
  readonly #warn = createWarning();

  /**
   * @param own - the series in which places are given out
   * @throws TypeError where sessions can't tell one from another
   */
  constructor(owner: string, own: StatusSeries, previous: readonly StatusSeries[]) {
    this.all = [own, ...previous];
    for (const series of this.all) {
      const name = nameSeries(series.uri);
      const other = this.#byName.get(name)?.uri;
      assert(other !== series.uri, `${owner}: previous: the lists at ${other} are given twice`);
      const alike = `sessions can't tell ${series.uri} from ${other}: give another uri`;
      assert(other === undefined, `${owner}: previous: ${alike}`);
      this.#byName.set(name, series);
    }
  }

  /** Finds the place of a session by its id. The process is warned of the first one in other lists. */
  find(sid: string): StatusPlace | null {
    const held = parseSid(sid);
    if (held === null) return null;
    const series = this.#byName.get(held.series);
    if (series !== undefined) return { uri: series.uri, list: held.list, index: held.index };
    this.#warn(
      `hallpass: the id of a session does not name the status lists at ${this.#list()}: its next tokens name no ` +
        "list, and its end is not marked. If its place is in other lists, give them as previous of createStatusList",
    );
    return null;
  }

  /**
   * Checks a place that the application gives.
   *
   * @throws TypeError where it is none of these lists
   */
  check(place: StatusPlace): StatusPlace {
    const { uri, list, index } = (place ?? {}) as Partial<StatusPlace>;
    const series = this.all.find((it) => it.uri === uri);
    const expected = `and the lists are at ${this.#list()}: give others as previous`;
    assert(series !== undefined, `a status list's place: uri is ${JSON.stringify(uri)}, ${expected}`);
    checkInteger("a status list's place: list", list, 1, MAX_NUMBER);
    checkInteger("a status list's place: index", index, 0, series.size - 1);
    return { uri: series.uri, list: list as number, index: index as number };
  }

  /** Marks each place in the lists that it belongs to. */
  async revoke(places: readonly StatusPlace[]): Promise<void> {
    const marks = this.all.flatMap(({ uri, mark }) => {
      const own = places.filter((it) => it.uri === uri);
      return [...groupByList(own)].map(([list, indices]) => mark(list, indices));
    });
    await Promise.all(marks);
  }

  #list(): string {
    return this.all.map(({ uri }) => uri).join(", ");
  }
}

/** Writes the `status` claim of a token that has a place. */
export const claimOf: StatusListPlaces["claimOf"] = ({ uri, list, index }) => ({
  status_list: { idx: index, uri: `${uri}/${list}` },
});

function groupByList(places: readonly StatusPlace[]): ReadonlyMap<number, readonly number[]> {
  const lists = new Map<number, number[]>();
  for (const { list, index } of places) lists.set(list, [...(lists.get(list) ?? []), index]);
  return lists;
}
