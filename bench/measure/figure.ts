/** One figure of one contender at one workload, over all rounds of a run. */
export interface Figure {
  readonly suite: string;
  readonly workload: string;
  readonly contender: string;
  readonly unit: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Round by round, so that those of others can be held against them. */
  readonly samples: readonly number[];
}

/** What was measured in each round, as the median with the lowest and the highest beside it. */
export function figureOf(of: Omit<Figure, "median" | "low" | "high" | "samples">, samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  return { ...of, median: medianOf(samples), low: sorted[0] as number, high: sorted.at(-1) as number, samples };
}

/** The middle of many. */
export function medianOf(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
