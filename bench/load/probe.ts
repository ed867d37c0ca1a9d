import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs a probe in plain Node, with nothing else in its process. */
export async function probe<Result>(name: string, ...args: string[]): Promise<Result> {
  const file = fileURLToPath(new URL(`../probes/${name}.mjs`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", file, ...args]);
  return JSON.parse(stdout);
}
