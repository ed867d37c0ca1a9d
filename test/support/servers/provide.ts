import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import type { Server } from "./postgres.ts";

/** A kind of server that some tests need. */
export interface Needed {
  readonly name: string;
  /** By what name the tests are given its address. */
  readonly provided: keyof ProvidedContext;
  /** The environment's variable with the address of one that runs already. */
  readonly variable: string;
  readonly install: string;
  start(): Promise<Server>;
}

/**
 * Hands the tests a server. Where none starts, its tests are skipped, which is said before the run and as its last line, and
 * nobody asks how much the others cover. In CI it has to start.
 */
export async function provideServer(project: TestProject, needed: Needed): Promise<() => Promise<void>> {
  const { name, provided, variable, install, start } = needed;
  const given = process.env[variable];
  if (given !== undefined) {
    project.provide(provided, given);
    return async () => undefined;
  }
  try {
    const server = await start();
    project.provide(provided, server.url);
    return server.stop;
  } catch (cause) {
    const saySkipped = skipWithout(name, `${install}, or set ${variable}`, cause as Error);
    project.provide(provided, null);
    project.vitest.config.coverage.thresholds = {};
    return saySkipped;
  }
}

/** Says that what needs a program is skipped, and hands back what says so again. In CI the program has to be there. */
export function skipWithout(name: string, remedy: string, cause: Error): () => Promise<void> {
  if (process.env.CI === "true") throw new Error(`${name} does not start: ${remedy}`, { cause });
  const skipped = `Skipped: what needs ${name}, which does not start here (${cause.message}). To run it: ${remedy}`;
  console.log(skipped);
  return async () => console.log(skipped);
}
