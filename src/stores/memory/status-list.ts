import type { StatusListStore } from "../contract.ts";
import { groupByPage, joinPages, mergePages } from "../shared/status-pages.ts";

/**
 * Status lists in this process's memory, for a single process and for tests. When the process ends, everything is lost,
 * and the next process gives out the same places again. Where tokens outlive the process, keep the lists in a shared
 * store.
 *
 * @example
 * ```ts
 * const uri = "https://auth.example.com/statuslists";
 * const statusList = createStatusList({ uri, keys, store: memoryStatusListStore() });
 * ```
 */
export function memoryStatusListStore(): StatusListStore {
  const allocated = new Map<string, { next: number; readonly terms: string }>();
  /** The pages that have marks, as hex, by the series and the number of the list. */
  const lists = new Map<string, Map<number, string>>();
  const getKey = (series: string, list: number): string => JSON.stringify([series, list]);

  return {
    async allocate(series, count, given) {
      const known = allocated.get(series) ?? { next: 0, terms: given };
      allocated.set(series, known);
      const { next: first, terms } = known;
      known.next += count;
      return { first, terms };
    },
    async mark(series, list, indices) {
      const key = getKey(series, list);
      const pages = lists.get(key) ?? new Map<number, string>();
      lists.set(key, pages);
      for (const { page, hex } of groupByPage(indices)) pages.set(page, mergePages(pages.get(page), hex));
    },
    read: async (series, list) => joinPages([...(lists.get(getKey(series, list)) ?? [])]),
  };
}
