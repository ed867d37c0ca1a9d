import { compete, type Work } from "../measure/compete.ts";
import type { Effort } from "../measure/effort.ts";
import type { Figure } from "../measure/figure.ts";
import { zipf } from "../measure/zipf.ts";
import { makeKeys } from "../peers/keys.ts";
import { issueTokens } from "../peers/tokens.ts";
import { oursOf } from "../peers/verifiers.ts";

const SESSIONS = 1_000;
const SHARES = [0, 25, 50, 75, 90, 100];

/** What remembering verified tokens gains, and what it costs, as more and more requests bring a token that is new. */
export async function cache(effort: Effort): Promise<Figure[]> {
  const keys = await makeKeys("HS256");
  const tokens = await issueTokens(keys, effort.tokens);
  const figures: Figure[] = [];
  for (const share of SHARES) {
    const contenders = oursOf(keys).map(({ name, make }) => {
      const verify = make();
      const work: Work<string> = async (batch) => {
        for (const token of batch) await verify(token);
      };
      return { name, begin: () => work };
    });
    const of = { suite: "cache", workload: `HS256, ${share} % first seen` };
    figures.push(...(await compete(effort, of, { next: mixed(tokens, share) }, contenders)));
  }
  return figures;
}

/** Tokens of some sessions as they come again, and between them those of sessions that come once. */
function mixed(tokens: readonly string[], share: number): () => string {
  const repeated = zipf(SESSIONS);
  let visit = 0;
  let fresh = SESSIONS;
  return () => {
    visit += 1;
    const isFresh = (visit * share) % 100 < share;
    if (isFresh) fresh = fresh + 1 < tokens.length ? fresh + 1 : SESSIONS;
    const at = isFresh ? fresh : (repeated[visit % repeated.length] as number);
    return Buffer.from(tokens[at] as string).toString("latin1"); // as each request brings it: another string
  };
}
