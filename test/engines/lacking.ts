/** Where this runs, as the table below has it. */
export function engine(): string {
  const { bun, deno, node } = process.versions as Readonly<Record<string, string | undefined>>;
  if (bun !== undefined) return "Bun";
  return deno !== undefined ? "Deno" : `Node ${node?.split(".")[0]}`;
}

const ML_DSA = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];
const OF_BUN = ["bun:sqlite", "Bun.SQL", "Bun.RedisClient", "Bun.serve"];
const OF_DENO = ["Deno.serve"];

/** What each engine lacks, by name: the exercise fails where it has what is named here, and where it lacks anything else. */
const LACKING: Readonly<Record<string, readonly string[]>> = {
  "Node 20": [...ML_DSA, ...OF_BUN, ...OF_DENO, "node:sqlite"],
  "Node 22": [...ML_DSA, ...OF_BUN, ...OF_DENO],
  "Node 24": [...OF_BUN, ...OF_DENO],
  Bun: OF_DENO,
  Deno: [...ML_DSA, ...OF_BUN],
};

/** Whether this engine is said to lack something. */
export function lacks(name: string): boolean {
  const lacking = LACKING[engine()];
  if (lacking === undefined) throw new Error(`what ${engine()} lacks is not in the table`);
  return lacking.includes(name);
}
