import type { Effort } from "./effort.ts";
import { type Figure, figureOf } from "./figure.ts";
import { byTurns } from "./turns.ts";

/** Somebody who does the work: the same for each of a batch. */
export interface Contender<Item> {
  readonly name: string;
  readonly work: (batch: readonly Item[]) => void | Promise<void>;
}

const BATCH = 100;

/** Lets contenders do the same work by turns. Gives microseconds an item, without what it takes to supply them. */
export async function compete<Item>(
  { rounds, slice }: Effort,
  of: { suite: string; workload: string },
  supply: () => Item,
  contenders: readonly Contender<Item>[],
): Promise<Figure[]> {
  const works = new Map(contenders.map(({ name, work }) => [name, work]));
  const samples = await byTurns(rounds, works.keys(), (name) =>
    timeAnItem(slice, supply, works.get(name) as Contender<Item>["work"]),
  );
  return [...samples].map(([contender, own]) => figureOf({ ...of, contender, unit: "µs" }, own));
}

async function timeAnItem<Item>(slice: number, supply: () => Item, work: Contender<Item>["work"]): Promise<number> {
  let count = 0;
  let spent = 0;
  while (spent < slice) {
    const batch = Array.from({ length: BATCH }, supply);
    const start = performance.now();
    await work(batch);
    spent += performance.now() - start;
    count += BATCH;
  }
  return (spent * 1_000) / count;
}
