import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { goalsOf } from "./goals.ts";
import { EFFORTS, type Effort } from "./measure/effort.ts";
import type { Figure } from "./measure/figure.ts";
import { Results } from "./measure/results.ts";
import { markdown, rounded, tablesOf } from "./measure/table.ts";
import { blocklist } from "./suites/blocklist.ts";
import { cache } from "./suites/cache.ts";
import { credentials } from "./suites/credentials.ts";
import { issue } from "./suites/issue.ts";
import { liveKeys } from "./suites/live-keys.ts";
import { loginRush } from "./suites/login-rush.ts";
import { middleware } from "./suites/middleware.ts";
import { remoteKeys } from "./suites/remote-keys.ts";
import { startup } from "./suites/startup.ts";
import { statusList } from "./suites/status-list.ts";
import { threadPool } from "./suites/thread-pool.ts";
import { verify } from "./suites/verify.ts";

const SUITES: Readonly<Record<string, (effort: Effort) => Promise<Figure[]>>> = {
  ...{
    verify,
    cache,
    "thread-pool": threadPool,
    issue,
    middleware,
    credentials,
    "login-rush": loginRush,
    startup,
    blocklist,
    "status-list": statusList,
    "live-keys": liveKeys,
    "remote-keys": remoteKeys,
  },
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { smoke: { type: "boolean" } } });
const names = positionals.length === 0 ? Object.keys(SUITES) : positionals;
const strange = names.find((name) => !Object.hasOwn(SUITES, name));
if (strange !== undefined) throw new Error(`there is no suite ${strange}; there are ${Object.keys(SUITES).join(", ")}`);

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
console.log(`# ${machine}\n`);

const effort: Effort = EFFORTS[values.smoke ? "smoke" : "full"];
const figures: Figure[] = [];
for (const name of names) {
  const own = await (SUITES[name] as (effort: Effort) => Promise<Figure[]>)(effort);
  console.log(`${tablesOf(own)}\n`);
  figures.push(...own);
}

const results = new Results(figures);
const goals = goalsOf(effort)
  .filter(({ suite }) => results.has(suite))
  .map(({ suite, what, at, bound, reached }) => {
    const value = reached(results);
    return { suite, what, at, bound, value, isReached: at === "least" ? value >= bound : value <= bound };
  });
console.log(`### the goals\n`);
console.log(
  markdown(
    ["", "goal", "reached", ""],
    goals.map(({ suite, what, at, bound, value, isReached }) => [
      `${suite}: ${what}`,
      `at ${at} ${bound}`,
      rounded(value),
      isReached ? "yes" : "NO",
    ]),
  ),
);

mkdirSync(new URL("results/", import.meta.url), { recursive: true });
const file = new URL(`results/${values.smoke ? "smoke" : "latest"}.json`, import.meta.url);
writeFileSync(file, `${JSON.stringify({ machine, at: new Date(), goals, figures }, null, 1)}\n`);
