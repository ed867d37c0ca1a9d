import { probe } from "../load/probe.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";

const WAYS = ["hallpass", "a plain Map", "lru-cache"];
const SIZES = [100_000, 1_000_000, 5_000_000];

/** What is measured, with the unit it goes by. */
const UNITS = {
  bytes: "bytes an entry",
  hit: "ns to find",
  miss: "ns not to find",
  filling: "ms, the longest revocation",
  expiring: "ms, the longest step while all expire",
} as const;

type Remembering = Readonly<Record<keyof typeof UNITS, number>>;

/** What it takes to remember revoked tokens in memory, each time in a process of its own. */
export async function blocklist({ rounds, entries }: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES.filter((it) => it <= entries)) {
    const samples = await byTurns(Math.min(rounds, 3), WAYS, (way) => probe<Remembering>("blocklist", way, `${size}`));
    for (const [contender, own] of samples) {
      for (const of of Object.keys(UNITS) as (keyof Remembering)[]) {
        const what = { suite: "blocklist", workload: `${size} revoked tokens`, contender, unit: UNITS[of] };
        figures.push(
          figureOf(
            what,
            own.map((sample) => sample[of]),
          ),
        );
      }
    }
  }
  return figures;
}
