import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs a probe that collects garbage, in plain Node, with nothing else in its process. */
export function probe<Result>(name: string, ...args: string[]): Promise<Result> {
  return probeWith(["--expose-gc"], name, args);
}

/** As {@link probe}, but with no flag: any makes Node compile its own modules anew, of which it has the code otherwise. */
export function plainProbe<Result>(name: string, ...args: string[]): Promise<Result> {
  return probeWith([], name, args);
}

async function probeWith<Result>(flags: readonly string[], name: string, args: readonly string[]): Promise<Result> {
  const file = fileURLToPath(new URL(`../probes/${name}.mjs`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...args]);
  return JSON.parse(stdout);
}
