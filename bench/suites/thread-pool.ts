import { onSchedule, percentile } from "../load/pace.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";
import { makeKeys } from "../peers/keys.ts";
import { issueTokens } from "../peers/tokens.ts";
import { verifiersOf } from "../peers/verifiers.ts";

/** Tokens a second: what one core can easily do, most of what it can, and more than that. */
const RATES = [2_000, 6_000, 12_000];
const CONTENDERS = ["hallpass, cache off", "hallpass, thread pool", "jose"];
const PERCENTILES = { "p50 ms": 0.5, "p99 ms": 0.99 };

/** How long a signature of a key pair takes to check at a rate of arrival: on the event loop, and in the thread pool. */
export async function threadPool({ rounds, load, tokens: count }: Effort): Promise<Figure[]> {
  const keys = await makeKeys("EdDSA");
  const tokens = await issueTokens(keys, count);
  const verifiers = new Map(verifiersOf(keys).map(({ name, make }) => [name, make()]));
  const figures: Figure[] = [];
  for (const rate of RATES) {
    const samples = await byTurns(Math.min(rounds, 5), CONTENDERS, async (name) => {
      const verify = verifiers.get(name) as (token: string) => unknown;
      let at = 0;
      const end = performance.now() + (load / 3) * 1_000;
      const ask = async () => verify(tokens[at++ % tokens.length] as string);
      return onSchedule(ask, { burst: rate / 1_000, every: 1 }, () => performance.now() < end);
    });
    for (const [contender, own] of samples) {
      for (const [unit, share] of Object.entries(PERCENTILES)) {
        const of = { suite: "thread pool", workload: `EdDSA, first seen, ${rate}/s`, contender, unit };
        figures.push(
          figureOf(
            of,
            own.map((latencies) => percentile(latencies, share)),
          ),
        );
      }
    }
  }
  return figures;
}
