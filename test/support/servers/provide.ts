import type { TestProject } from "vitest/node";
import type { Server } from "./postgres.ts";

/** A kind of server that some tests need. */
export interface Needed {
  readonly name: string;
  /** The environment's variable with the address of one that runs already. */
  readonly variable: string;
  readonly install: string;
  start(): Promise<Server>;
}

/** What tests are given: an address, `null` where no server starts. */
interface Provided {
  readonly url: string | null;
  stop(): Promise<void>;
}

/**
 * Provides a server to tests: the one that is named, or one of their own. Where none starts, its tests are skipped, which is
 * said at once and as the run's last line, and the coverage has no thresholds. In CI it has to start.
 */
export async function provideServer(needed: Needed, project: TestProject): Promise<Provided> {
  const { name, variable, install, start } = needed;
  const given = process.env[variable];
  if (given !== undefined) return { url: given, stop: async () => undefined };
  try {
    return await start();
  } catch (cause) {
    const saySkipped = skipWithout(name, `${install}, or set ${variable}`, cause as Error);
    project.vitest.config.coverage.thresholds = {};
    return { url: null, stop: saySkipped };
  }
}

/** Says that what needs a program is skipped, and hands back what says so again. In CI the program has to be there. */
export function skipWithout(name: string, remedy: string, cause: Error): () => Promise<void> {
  if (process.env.CI === "true") throw new Error(`${name} does not start: ${remedy}`, { cause });
  const skipped = `Skipped: what needs ${name}, which does not start here (${cause.message}). To run it: ${remedy}`;
  console.log(skipped);
  return async () => console.log(skipped);
}
