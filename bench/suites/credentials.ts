import { type Child, startChild } from "../load/child.ts";
import { type Servers, withServers } from "../load/servers.ts";
import { type Turn, takeTurn } from "../load/turn.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";

const WORKLOADS = [
  { name: "fastify, flat out", schedule: null },
  { name: "fastify, 2,000/s", schedule: { burst: 2, every: 1 } },
] as const;

const FIGURES = {
  "fastify, flat out": { "requests/s": ({ rate }: Turn) => rate, "p99 ms": ({ p99 }: Turn) => p99 },
  "fastify, 2,000/s": { "µs CPU/request": ({ cpu }: Turn) => cpu },
};

/** The same hello world behind one guard, for whoever shows a bearer token, a token in a cookie, or an API key. */
export async function credentials({ shortRounds, shortLoad: seconds }: Effort): Promise<Figure[]> {
  const loader = await startChild<"ready">("load/requests.ts");
  try {
    return await withServers("shown", async (servers) => {
      const lines = await readLines(servers);
      const figures: Figure[] = [];
      for (const { name: workload, schedule } of WORKLOADS) {
        const turns = await byTurns(shortRounds, servers.keys(), (name) =>
          takeTurn(servers.get(name) as Child<number>, loader, { tokens: lines.get(name) ?? [], schedule, seconds }),
        );
        figures.push(...figuresOf(workload, turns));
      }
      return figures;
    });
  } finally {
    loader.stop();
  }
}

/** Asks each server with what it is to be asked. A guard that lets in whoever shows nothing would win. */
async function readLines(servers: Servers): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = new Map<string, readonly string[]>();
  for (const [name, { greeting: port }] of servers) {
    const { status } = await fetch(`http://127.0.0.1:${port}/`);
    if (status !== 401) throw new Error(`${name} answered a bad request with ${status}`);
    lines.set(name, (await (await fetch(`http://127.0.0.1:${port}/lines`)).json()) as string[]);
  }
  return lines;
}

function figuresOf(workload: keyof typeof FIGURES, turns: ReadonlyMap<string, readonly Turn[]>): Figure[] {
  return [...turns].flatMap(([contender, own]) =>
    Object.entries(FIGURES[workload]).map(([unit, read]) =>
      figureOf({ suite: "credentials", workload, contender, unit }, own.map(read)),
    ),
  );
}
