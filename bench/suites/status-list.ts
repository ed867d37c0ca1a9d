import { performance } from "node:perf_hooks";
import { deflateSync } from "node:zlib";
import { decodeToken, generateKey, importKey } from "hallpass";
import { createStatusList, statusLists } from "hallpass/status-list";
import { memoryStatusListStore } from "hallpass/stores/memory";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";

const URI = "https://auth.example/statuslists";
const SHARES = [0.1, 1, 10, 50];
const LOOKUPS = 20_000;

/** How large a status list is, what it takes to write one, and what a request pays to look into one. */
export async function statusList({ rounds, entries }: Effort): Promise<Figure[]> {
  const size = Math.min(entries, 1_000_000);
  const figures: Figure[] = [];
  for (const share of SHARES) figures.push(...(await measure(size, share, rounds)));
  return figures;
}

async function measure(size: number, share: number, rounds: number): Promise<Figure[]> {
  const keys = await importKey(await generateKey("ES256"));
  const store = memoryStatusListStore();
  const marked = drawIndices(size, (size * share) / 100);
  await store.mark(URI, 1, [...marked]);
  let now = Date.now();
  const list = createStatusList({ uri: URI, keys, store, size, now: () => now });
  const samples = { zlib: [] as number[], token: [] as number[], build: [] as number[], lookup: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    now += 3_600_000; // It is read, compressed and signed anew.
    const begun = performance.now();
    const published = await list.publish(1);
    const built = performance.now() - begun;
    const token = published?.token ?? "";
    const { status_list } = decodeToken(token).claims as { status_list: { lst: string } };
    const lookup = await lookUp(token, keys, size, marked, () => now);
    if (round < 0) continue;
    samples.zlib.push(Buffer.from(status_list.lst, "base64url").length);
    samples.token.push(deflateSync(token).length);
    samples.build.push(built);
    samples.lookup.push(lookup);
  }
  const of = { suite: "status list", workload: `${size} places, ${share} % revoked`, contender: "hallpass" };
  return [
    figureOf({ ...of, unit: "bytes, compressed" }, samples.zlib),
    figureOf({ ...of, unit: "bytes sent with gzip" }, samples.token),
    figureOf({ ...of, unit: "ms to write" }, samples.build),
    figureOf({ ...of, unit: "ns to look up" }, samples.lookup),
  ];
}

async function lookUp(
  token: string,
  keys: Awaited<ReturnType<typeof importKey>>,
  size: number,
  marked: ReadonlySet<number>,
  now: () => number,
): Promise<number> {
  const lists = statusLists({ keys, lists: `${URI}/`, now, fetch: async () => new Response(token) });
  const good = Array.from({ length: size }, (_, index) => index).filter((index) => !marked.has(index));
  const claims = Array.from({ length: LOOKUPS }, (_, nth) => ({
    status: { status_list: { idx: good[(nth * 7_919) % good.length] as number, uri: `${URI}/1` } },
  }));
  await lists.check(claims[0] as (typeof claims)[number]);
  const begun = performance.now();
  for (const it of claims) lists.check(it);
  return ((performance.now() - begun) / LOOKUPS) * 1e6;
}

/** Draws distinct indices by chance. */
function drawIndices(size: number, count: number): ReadonlySet<number> {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(Math.floor(Math.random() * size));
  return drawn;
}
