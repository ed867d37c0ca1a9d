import type { Effort } from "./effort.ts";
import { type Figure, figureOf } from "./figure.ts";
import { byTurns } from "./turns.ts";

/** Does something with each of a batch. */
export type Work<Item> = (batch: readonly Item[]) => void | Promise<void>;

/** Somebody who does the work. */
export interface Contender<Item> {
  readonly name: string;
  /** Asked at the beginning of each turn, so that who is to remember nothing can begin anew. */
  readonly begin: () => Work<Item>;
}

/** What there is to be worked on. */
export interface Supply<Item> {
  readonly next: () => Item;
  /** How many there are before they come again, where that would make a difference: a turn ends there. */
  readonly distinct?: number;
}

const BATCH = 100;

/** Lets contenders do the same work by turns. Gives microseconds an item, without what it takes to supply them. */
export async function compete<Item>(
  { shortRounds, slice }: Effort,
  of: { suite: string; workload: string },
  supply: Supply<Item>,
  contenders: readonly Contender<Item>[],
): Promise<Figure[]> {
  const beginnings = new Map(contenders.map(({ name, begin }) => [name, begin]));
  const samples = await byTurns(shortRounds, beginnings.keys(), (name) =>
    timeAnItem(slice, supply, (beginnings.get(name) as Contender<Item>["begin"])()),
  );
  return [...samples].map(([contender, own]) => figureOf({ ...of, contender, unit: "µs" }, own));
}

async function timeAnItem<Item>(slice: number, supply: Supply<Item>, work: Work<Item>): Promise<number> {
  const { next, distinct = Number.POSITIVE_INFINITY } = supply;
  let count = 0;
  let spent = 0;
  while (spent < slice && count + BATCH <= distinct) {
    const batch = Array.from({ length: BATCH }, next);
    const start = performance.now();
    await work(batch);
    spent += performance.now() - start;
    count += BATCH;
  }
  return (spent * 1_000) / count;
}
