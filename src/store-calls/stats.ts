/** The upper bounds of the latency buckets, in milliseconds. All slower calls share one more bucket. */
const BOUNDS: readonly number[] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];

/** The statistics of one call, to a store or another part, since the process started. */
export interface CallStats {
  /** How often it was called. */
  readonly calls: number;
  /** How many of the calls threw, were late, or answered what the contract does not allow. */
  readonly failures: number;
  /** The total duration of the calls, in milliseconds. */
  readonly totalMs: number;
  /** How many calls were in each latency bucket: longer than the bound before, and at most as long as its own. */
  readonly latencies: readonly {
    /** The upper bound, in milliseconds; `Infinity` in the last one. */
    readonly upToMs: number;
    /** How many calls. */
    readonly count: number;
  }[];
}

/** Is called after each call, with its outcome. */
export type CallObserver = (name: string, durationMs: number, hasFailed: boolean) => void;

interface Counts {
  calls: number;
  failures: number;
  totalMs: number;
  readonly byBound: number[];
}

/** Counts calls by name. The names are those of the library, so there are few. */
export class CallCounter {
  readonly #counts = new Map<string, Counts>();

  /** Counts a call. */
  readonly observe: CallObserver = (name, durationMs, hasFailed) => {
    const counts = this.#counts.get(name) ?? this.#open(name);
    counts.calls += 1;
    counts.totalMs += durationMs;
    if (hasFailed) counts.failures += 1;
    let at = 0;
    while (at < BOUNDS.length && durationMs > (BOUNDS[at] as number)) at += 1;
    counts.byBound[at] = (counts.byBound[at] as number) + 1;
  };

  /** Reads the counts. */
  read(): Readonly<Record<string, CallStats>> {
    return Object.fromEntries([...this.#counts].map(([name, counts]) => [name, toStats(counts)]));
  }

  #open(name: string): Counts {
    const counts = { calls: 0, failures: 0, totalMs: 0, byBound: [...BOUNDS, 0].map(() => 0) };
    this.#counts.set(name, counts);
    return counts;
  }
}

function toStats({ calls, failures, totalMs, byBound }: Counts): CallStats {
  const latencies = byBound.map((count, at) => ({ upToMs: BOUNDS[at] ?? Number.POSITIVE_INFINITY, count }));
  return { calls, failures, totalMs, latencies };
}
