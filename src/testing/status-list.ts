import { deepStrictEqual, strictEqual } from "node:assert";
import type { StatusListStore } from "../stores/contract.ts";
import { type ContractCase, createCases, createId, createMany } from "./contract.ts";

const TERMS = JSON.stringify({ size: 1_048_576, seed: "\u{1f511} '; DROP TABLE users; --" });

/** Lists which indices are marked. */
async function listMarked(store: StatusListStore, series: string, list = 1): Promise<readonly number[]> {
  const bytes = await store.read(series, list);
  const marked: number[] = [];
  for (const [at, byte] of bytes.entries()) {
    for (let bit = 0; byte >> bit > 0; bit += 1) {
      if ((byte >> bit) & 1) marked.push(at * 8 + bit);
    }
  }
  return marked;
}

/**
 * Returns the promises of a {@link StatusListStore}, as cases for any test runner.
 *
 * @param open - returns the store; all cases may share one
 *
 * @example
 * ```ts
 * for (const { name, run } of statusListStoreContract(() => myStatusListStore)) test(name, run);
 * ```
 */
export function statusListStoreContract(
  open: () => StatusListStore | Promise<StatusListStore>,
): readonly ContractCase[] {
  return createCases(open, {
    "gives out places from 0 on, one after another": async (store) => {
      const series = createId("https://auth.example/lists");
      deepStrictEqual(await store.allocate(series, 32, TERMS), { first: 0, terms: TERMS });
      deepStrictEqual(await store.allocate(series, 1, TERMS), { first: 32, terms: TERMS });
      deepStrictEqual(await store.allocate(series, 2_000_000_000, TERMS), { first: 33, terms: TERMS });
      deepStrictEqual(await store.allocate(series, 3_000_000_000, TERMS), { first: 2_000_000_033, terms: TERMS });
      deepStrictEqual(await store.allocate(series, 1, TERMS), { first: 5_000_000_033, terms: TERMS });
    },
    "tells how many were given out, and gives out none": async (store) => {
      const series = createId("https://auth.example/lists");
      deepStrictEqual(await store.allocate(series, 0, TERMS), { first: 0, terms: TERMS });
      await store.allocate(series, 7, TERMS);
      for (const _ of [1, 2]) deepStrictEqual(await store.allocate(series, 0, TERMS), { first: 7, terms: TERMS });
    },
    "keeps the first terms": async (store) => {
      const series = createId("https://auth.example/lists");
      await store.mark(series, 1, [0]);
      await store.allocate(series, 1, TERMS);
      deepStrictEqual(await store.allocate(series, 1, "others"), { first: 1, terms: TERMS });
    },
    "gives fifty at once places of their own, and all the same terms": async (store) => {
      const series = createId("https://auth.example/lists");
      const all = await Promise.all(createMany(50, (nth) => store.allocate(series, 3, JSON.stringify(nth))));
      deepStrictEqual(
        all.map(({ first }) => first).sort((one, other) => one - other),
        createMany(50, (nth) => 3 * nth),
      );
      strictEqual(new Set(all.map(({ terms }) => terms)).size, 1);
    },
    "marks nothing at first": async (store) => {
      deepStrictEqual(await listMarked(store, createId("https://auth.example/lists")), []);
    },
    "marks bits from the lowest of the first byte on": async (store) => {
      const series = createId("https://auth.example/lists");
      await store.mark(series, 1, [0, 3, 4, 5, 7, 8, 9, 13, 15]);
      deepStrictEqual([...(await store.read(series, 1)).subarray(0, 3)], [0xb9, 0xa3, 0]);
    },
    "marks each index once and for all, and no other": async (store) => {
      const series = createId("https://auth.example/lists");
      const indices = [0, 1, 7, 8, 511, 4_095, 4_096, 4_097, 100_000, 1_048_575, 4_194_303];
      for (const index of indices) await store.mark(series, 1, [index]);
      await store.mark(series, 1, [8, 8, 100_000]);
      deepStrictEqual(await listMarked(store, series), indices);
    },
    "marks a hundred by one call": async (store) => {
      const series = createId("https://auth.example/lists");
      const indices = createMany(100, (nth) => nth * 9_973);
      await store.mark(series, 1, indices);
      deepStrictEqual(await listMarked(store, series), indices);
      await store.mark(series, 1, []);
      deepStrictEqual(await listMarked(store, series), indices);
    },
    "loses none of fifty marks at once": async (store) => {
      const series = createId("https://auth.example/lists");
      const indices = createMany(50, (nth) => nth * 3);
      const far = indices.map((index) => index + 8_192);
      await Promise.all(indices.map((index, nth) => store.mark(series, 1, [index, far[49 - nth] as number])));
      deepStrictEqual(await listMarked(store, series), [...indices, ...far]);
    },
    "keeps the lists of a series apart": async (store) => {
      const series = createId("https://auth.example/lists");
      await store.mark(series, 1, [5]);
      await store.mark(series, 11, [6]);
      await store.mark(`${series}1`, 1, [7]);
      deepStrictEqual(await listMarked(store, series, 1), [5]);
      deepStrictEqual(await listMarked(store, series, 11), [6]);
      deepStrictEqual(await listMarked(store, series, 2), []);
    },
    "keeps each series apart, whatever its name looks like": async (store) => {
      const own = createId("https://auth.example/lists");
      const odd = [
        "/1",
        ":1",
        "%",
        "_",
        "'; --",
        "{brace}",
        "?a=b&c",
        "\u{1f511}",
        "/",
        " ",
        "x".repeat(900),
        `${"x".repeat(900)}y`,
      ];
      const all = [own, own.toUpperCase(), ...odd.map((it) => own + it)];
      for (const [nth, series] of all.entries()) {
        strictEqual((await store.allocate(series, nth + 1, TERMS)).first, 0);
        await store.mark(series, 1, [nth]);
      }
      for (const [nth, series] of all.entries()) {
        strictEqual((await store.allocate(series, 0, TERMS)).first, nth + 1);
        deepStrictEqual(await listMarked(store, series), [nth]);
      }
    },
  });
}
