import { plainProbe, probe } from "../load/probe.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";

const EMPTY = "./empty.mjs";

/** What is imported, each line in a process of its own. A service has two imports of hallpass: its core and an adapter. */
const IMPORTS = [
  EMPTY,
  "hallpass",
  "hallpass/express",
  "hallpass/koa",
  "hallpass/fastify",
  "hallpass/fetch",
  "hallpass/stores/memory",
  "hallpass hallpass/express",
  "hallpass hallpass/koa",
  "hallpass hallpass/fastify",
  "jose",
  "jsonwebtoken",
  "fast-jwt",
  "@node-rs/jsonwebtoken",
  "express-jwt",
  "passport-jwt",
  "express-oauth2-jwt-bearer",
  "koa-jwt",
  "@fastify/jwt",
];

/** What is measured of an import, with the unit it goes by. */
const UNITS = {
  ms: "ms over an empty module",
  rss: "MiB of memory over an empty module",
  heap: "MiB of heap over an empty module",
} as const;

type Import = Readonly<Record<keyof typeof UNITS, number>>;

/** What it takes to import a module, each time in a process of its own, beside importing nothing. */
export async function startup({ rounds }: Effort): Promise<Figure[]> {
  const imports = await byTurns(rounds, IMPORTS, importing);
  const empty = imports.get(EMPTY) as Import[];
  imports.delete(EMPTY);
  const figures = [...imports].flatMap(([contender, own]) =>
    (Object.keys(UNITS) as (keyof Import)[]).map((of) =>
      figureOf(
        { suite: "startup", workload: "import", contender, unit: UNITS[of] },
        own.map((sample, round) => sample[of] - (empty[round] as Import)[of]),
      ),
    ),
  );
  return [...figures, ...(await lateLoading())];
}

async function importing(names: string): Promise<Import> {
  const modules = names.split(" ");
  const time = await plainProbe<Pick<Import, "ms">>("import-time", ...modules);
  return { ...time, ...(await probe<Omit<Import, "ms">>("import-memory", ...modules)) };
}

const LATE = ["jose", "@node-rs/argon2"];

/** What hallpass loads of its dependencies, which is nothing until a password or a key that isn't a secret comes along. */
async function lateLoading(): Promise<Figure[]> {
  const { before, after } = await probe<{ before: string[]; after: string[] }>("late");
  return LATE.map((dependency) => {
    const ofIt = (loaded: string[]) => loaded.filter((file) => file.includes(`/node_modules/${dependency}`)).length;
    if (ofIt(before) > 0) throw new Error(`an HS256 token takes no ${dependency}, but it is loaded`);
    if (ofIt(after) === 0) throw new Error(`${dependency} would not be seen if it were loaded`);
    return figureOf(
      {
        suite: "startup",
        workload: "an HS256 token issued and verified",
        contender: "hallpass",
        unit: `files of ${dependency}`,
      },
      [ofIt(before)],
    );
  });
}
