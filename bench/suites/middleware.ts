import { type Child, startChild } from "../load/child.ts";
import type { Load } from "../load/requests.ts";
import { type Servers, withServers } from "../load/servers.ts";
import { issueSessions } from "../load/sessions.ts";
import { type Turn, takeTurn } from "../load/turn.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";

const FRAMEWORKS = ["express", "koa", "fastify"];
const BARE = "bare";

/** The figures of a turn, by their units, beside the turn that the bare framework had in the same round. */
const FIGURES = {
  "requests/s": ({ rate }: Turn) => rate,
  "p99 ms": ({ p99 }: Turn) => p99,
  "µs CPU/request": ({ cpu }: Turn) => cpu,
  "µs CPU added/request": ({ cpu }: Turn, bare: Turn) => cpu - bare.cpu,
};

interface Workload extends Pick<Load, "tokens" | "schedule"> {
  readonly name: string;
  readonly units: readonly (keyof typeof FIGURES)[];
}

/** What CPU a request takes depends on how many there are, so those figures are of a rate that everybody keeps up with. */
const STEADY = {
  schedule: { burst: 2, every: 1 },
  units: ["µs CPU/request", "µs CPU added/request"],
} as const;

const WORKLOADS: readonly Workload[] = [
  { name: "repeated tokens, flat out", tokens: "repeated", schedule: null, units: ["requests/s", "p99 ms"] },
  { name: "repeated tokens, 2,000/s", tokens: "repeated", ...STEADY },
  { name: "new tokens, 2,000/s", tokens: "new", ...STEADY },
];

/** A hello world that only those with a good token may read: what the guard adds to its framework. */
export async function middleware({ shortRounds, shortLoad: seconds }: Effort): Promise<Figure[]> {
  const loader = await startChild<"ready">("load/requests.ts");
  const figures: Figure[] = [];
  try {
    for (const framework of FRAMEWORKS) {
      await withServers(framework, async (servers) => {
        await checkRefusals(servers);
        for (const workload of WORKLOADS) {
          const turns = await byTurns(shortRounds, servers.keys(), (name) =>
            takeTurn(servers.get(name) as Child<number>, loader, { ...workload, seconds }),
          );
          figures.push(...figuresOf(framework, workload, turns));
        }
      });
    }
  } finally {
    loader.stop();
  }
  return figures;
}

/** A guard that lets everybody in would win. */
async function checkRefusals(servers: Servers): Promise<void> {
  const [token = ""] = await issueSessions(1);
  const middle = token.lastIndexOf(".") + 20;
  const damaged = token.slice(0, middle) + (token[middle] === "A" ? "B" : "A") + token.slice(middle + 1);
  for (const [name, { greeting: port }] of servers) {
    for (const headers of [{}, { authorization: `Bearer ${damaged}` }]) {
      const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers });
      if (status !== (name === BARE ? 200 : 401)) throw new Error(`${name} answered a bad request with ${status}`);
    }
  }
}

function figuresOf(
  framework: string,
  { name, units }: Workload,
  turns: ReadonlyMap<string, readonly Turn[]>,
): Figure[] {
  const bare = turns.get(BARE) as readonly Turn[];
  return [...turns].flatMap(([contender, own]) =>
    units.map((unit) =>
      figureOf(
        { suite: "middleware", workload: `${framework}, ${name}`, contender, unit },
        own.map((turn, round) => FIGURES[unit](turn, bare[round] as Turn)),
      ),
    ),
  );
}
