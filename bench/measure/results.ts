import { type Figure, medianOf } from "./figure.ts";

/** A figure by what it is of. */
export type Name = readonly [suite: string, workload: string, contender: string, unit: string];

/** The figures of a run, to be looked up and held against each other. */
export class Results {
  readonly #figures: readonly Figure[];

  constructor(figures: readonly Figure[]) {
    this.#figures = figures;
  }

  /** Whether the run had a suite. */
  has(suite: string): boolean {
    return this.#figures.some((figure) => figure.suite === suite);
  }

  figure([suite, workload, contender, unit]: Name): Figure {
    const found = this.#figures.find(
      (it) => it.suite === suite && it.workload === workload && it.contender === contender && it.unit === unit,
    );
    if (found === undefined) throw new Error(`there is no figure of ${[suite, workload, contender, unit].join(" / ")}`);
    return found;
  }

  median(name: Name): number {
    return this.figure(name).median;
  }

  /** One in proportion to the other, round by round, since both of a round had the same machine: the median of that. */
  ratio(one: Name, other: Name): number {
    const others = this.figure(other).samples;
    return medianOf(this.figure(one).samples.map((sample, round) => sample / (others[round] as number)));
  }

  /** Of several, the one with the lowest median. */
  lowest(names: readonly Name[]): Name {
    return names.reduce((low, name) => (this.median(name) < this.median(low) ? name : low));
  }
}
