import {
  defineToken,
  importKey,
  type LoadedKeys,
  publicJwks,
  remoteKeys,
  type TokenOptions,
  verifyToken,
} from "hallpass";
import { compete, type Work } from "../measure/compete.ts";
import type { Effort } from "../measure/effort.ts";
import type { Figure } from "../measure/figure.ts";
import { zipf } from "../measure/zipf.ts";
import { type Keys, makeKeys } from "../peers/keys.ts";
import { issueTokens } from "../peers/tokens.ts";
import { AUDIENCE, ISSUER } from "../servers/profile.ts";

const SESSIONS = 1_000;
const CONCURRENCIES = { "one at a time": 1, "a hundred at once": 100 };
const RENEWED_AFTER_MS = 700_000;

/** Verifying with keys that are kept elsewhere, beside keys at hand, also while they are being fetched anew. */
export async function liveKeys(effort: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const algorithm of ["ES256", "RS256"] as const) {
    const keys = await makeKeys(algorithm);
    const tokens = await issueTokens(keys, effort.tokens);
    const sources = await openSources(keys);
    for (const [manner, concurrency] of Object.entries(CONCURRENCIES)) {
      const workload = (seen: string) => ({ suite: "live-keys", workload: `${algorithm}, ${seen}, ${manner}` });
      const works = Object.entries(sources).map(([name, source]) => ({
        name,
        make: () => workOf(source, concurrency),
      }));
      const once = { next: copies(tokens, Array.from(tokens.keys())), distinct: tokens.length };
      const forgetful = works.map(({ name, make }) => ({ name, begin: make }));
      figures.push(...(await compete(effort, workload("first seen"), once, forgetful)));
      const again = { next: copies(tokens, zipf(SESSIONS)) };
      const lasting = works.map(({ name, make }) => {
        const work = make();
        return { name, begin: () => work };
      });
      figures.push(...(await compete(effort, workload("repeated"), again, lasting)));
    }
  }
  return figures;
}

/** What a profile has its keys from, and the clock that both go by. */
type Source = Pick<TokenOptions, "keys" | "now">;

/** The same public key in each way in which a profile can have it. */
async function openSources({ signing }: Keys): Promise<Record<string, Source>> {
  const set = publicJwks(signing);
  const [jwk] = set.keys;
  if (jwk === undefined) throw new Error("there must be a key");
  const renewed = { after: 0 };
  const remote = remoteKeys(() => set);
  const now = (): number => Date.now() + renewed.after;
  const timeoutMs = 60_000; // as long as a renewal may take: none ends while it is measured
  const due = remoteKeys(() => (renewed.after === 0 ? set : new Promise<never>(() => {})), { now, timeoutMs });
  await Promise.all([remote, due].map((it: LoadedKeys) => it.ready()));
  renewed.after = RENEWED_AFTER_MS;
  return {
    "keys at hand": { keys: await importKey(jwk) },
    "remote keys": { keys: remote },
    "remote keys, being renewed": { keys: due, now },
  };
}

function workOf(source: Source, concurrency: number): Work<string> {
  const profile = defineToken({ ...source, issuer: ISSUER, audience: AUDIENCE });
  return async (batch) => {
    if (concurrency > 1) await Promise.all(batch.map((token) => verifyToken(token, profile)));
    else for (const token of batch) await verifyToken(token, profile);
  };
}

/** Each token comes in another string, as each request brings it. */
function copies(tokens: readonly string[], order: readonly number[]): () => string {
  let at = 0;
  return () => Buffer.from(tokens[order[at++ % order.length] as number] as string).toString("latin1");
}
