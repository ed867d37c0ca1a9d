import type { StatusListStore } from "../../../src/stores/contract.ts";
import { memoryStatusListStore } from "../../../src/stores/memory.ts";

const broken = (change: (store: StatusListStore) => Partial<StatusListStore>) => (): StatusListStore => {
  const store = memoryStatusListStore();
  return { ...store, ...change(store) };
};
/** As if each call were about another series or list. */
const confusing = (change: (series: string, list: number) => readonly [string, number]) =>
  broken((store) => ({
    allocate: (series, count, terms) => store.allocate(change(series, 1)[0], count, terms),
    mark: (series, list, indices) => store.mark(...change(series, list), indices),
    read: (series, list) => store.read(...change(series, list)),
  }));
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Status list stores each of which breaks a promise. */
export const BROKEN_STATUS_LIST_STORES: Readonly<Record<string, () => StatusListStore>> = {
  "counts places from 1": broken((store) => ({
    allocate: async (...args) => {
      const { first, terms } = await store.allocate(...args);
      return { first: first + 1, terms };
    },
  })),
  "counts in 32 bits": broken((store) => ({
    allocate: async (...args) => {
      const { first, terms } = await store.allocate(...args);
      return { first: first | 0, terms };
    },
  })),
  "gives out one where it is only asked": broken((store) => ({
    allocate: (series, count, terms) => store.allocate(series, Math.max(count, 1), terms),
  })),
  "keeps the last terms": broken((store) => ({
    allocate: async (series, count, terms) => ({ ...(await store.allocate(series, count, terms)), terms }),
  })),
  "reads the count, then writes it": broken(() => {
    const next = new Map<string, number>();
    return {
      allocate: async (series, count, terms) => {
        const first = next.get(series) ?? 0;
        await pause();
        next.set(series, first + count);
        return { first, terms };
      },
    };
  }),
  "answers null for a list without marks": broken((store) => ({
    read: async (series, list) => {
      const bytes = await store.read(series, list);
      return bytes.length === 0 ? (null as never) : bytes;
    },
  })),
  "marks from the highest bit on": broken((store) => ({
    mark: (series, list, indices) =>
      store.mark(
        series,
        list,
        indices.map((index) => index - (index % 8) + 7 - (index % 8)),
      ),
  })),
  "marks the first of several": broken((store) => ({
    mark: (series, list, indices) => store.mark(series, list, indices.slice(0, 1)),
  })),
  "marks a page once": broken((store) => {
    const done = new Set<string>();
    return {
      mark: async (series, list, indices) => {
        const fresh = indices.filter((index) => !done.has(`${series} ${list} ${index >>> 12}`));
        for (const index of indices) done.add(`${series} ${list} ${index >>> 12}`);
        await store.mark(series, list, fresh);
      },
    };
  }),
  "has lists of a million": broken((store) => ({
    mark: (series, list, indices) =>
      store.mark(
        series,
        list,
        indices.filter((index) => index < 1_000_000),
      ),
  })),
  "takes a mark back that is made again": broken(() => {
    const marked = new Set<string>();
    return {
      mark: async (series, list, indices) => {
        for (const index of indices) {
          const key = JSON.stringify([series, list, index]);
          if (!marked.delete(key)) marked.add(key);
        }
      },
      read: async (series, list) => {
        const other = memoryStatusListStore();
        const own = [...marked].map((key) => JSON.parse(key) as [string, number, number]);
        const indices = own.filter(([one, two]) => one === series && two === list).map(([, , index]) => index);
        await other.mark(series, list, indices);
        return other.read(series, list);
      },
    };
  }),
  "reads the marks, then writes them": broken(() => {
    const lists = new Map<string, readonly number[]>();
    const read = (series: string, list: number) => lists.get(`${series} ${list}`) ?? [];
    return {
      mark: async (series, list, indices) => {
        const known = read(series, list);
        await pause();
        lists.set(`${series} ${list}`, [...known, ...indices]);
      },
      read: async (series, list) => {
        const store = memoryStatusListStore();
        await store.mark(series, list, read(series, list));
        return store.read(series, list);
      },
    };
  }),
  "has one list a series": confusing((series) => [series, 1]),
  "has one series": confusing((_series, list) => ["any", list]),
  "takes names of series without case": confusing((series, list) => [series.toLowerCase(), list]),
  "cuts names of series off": confusing((series, list) => [series.slice(0, 300), list]),
  "joins the series and the number of the list": confusing((series, list) => [`${series}${list}`, 1]),
  "forgets its terms where it has marks": broken((store) => {
    const marked = new Set<string>();
    return {
      mark: async (series, list, indices) => {
        marked.add(series);
        await store.mark(series, list, indices);
      },
      allocate: async (series, count, terms) => {
        const places = await store.allocate(series, count, terms);
        return marked.has(series) ? { ...places, terms: "" } : places;
      },
    };
  }),
};
