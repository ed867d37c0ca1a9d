import { type Child, startChild } from "../load/child.ts";
import type { Rush } from "../load/rush.ts";
import { withServers } from "../load/servers.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { byTurns } from "../measure/turns.ts";

const UNITS: Readonly<Record<keyof Rush, string>> = {
  p50: "p50 ms",
  p99: "p99 ms",
  max: "max ms",
  loginsPerSecond: "logins/s",
};

/** 200 logins at once, again and again, and what those feel who are logged in already and ask 200 times a second. */
export async function loginRush({ rounds, load: seconds }: Effort): Promise<Figure[]> {
  const loader = await startChild<"ready">("load/rush.ts");
  try {
    return await withServers("login", async (servers) => {
      const rushes = await byTurns(rounds, servers.keys(), (name) =>
        loader.ask<Rush>({ port: (servers.get(name) as Child<number>).greeting, seconds }),
      );
      return figuresOf(rushes);
    });
  } finally {
    loader.stop();
  }
}

function figuresOf(rushes: ReadonlyMap<string, readonly Rush[]>): Figure[] {
  const workload = "200 requests/s beside 200 logins at once";
  return [...rushes].flatMap(([contender, own]) =>
    (Object.keys(UNITS) as (keyof Rush)[]).map((of) =>
      figureOf(
        { suite: "login rush", workload, contender, unit: UNITS[of] },
        own.map((rush) => rush[of]),
      ),
    ),
  );
}
