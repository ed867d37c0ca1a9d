import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE } from "../cache.ts";

const run = promisify(execFile);

/** Who runs the programs, and where. */
interface Runner {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd: string;
}

/** Makes the files of an empty Postgres. To create them takes a second, so that they are kept, and copied after that. */
export async function createCluster(bin: string, data: string, runner: Runner): Promise<void> {
  const { stdout: version } = await run(join(bin, "postgres"), ["--version"], runner);
  const kept = join(CACHE, `${version.trim().replace(/[^\w.]+/g, "-")}-${runner.uid ?? "own"}`);
  if (existsSync(kept)) return copy(kept, data);
  const creating = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  await run(join(bin, "initdb"), creating, runner);
  mkdirSync(CACHE, { recursive: true });
  const own = `${kept}.${process.pid}`; // several processes may come here at once
  await copy(data, own);
  try {
    renameSync(own, kept);
  } catch {
    rmSync(own, { recursive: true });
  }
}

/** Copies a folder with its owner and its modes, which Postgres looks at. */
async function copy(from: string, to: string): Promise<void> {
  await run("cp", ["-a", from, to]);
}
