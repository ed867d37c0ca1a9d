/**
 * Runs the exercise on this Node, and on the Bun and the Deno of a folder that has their npm packages, against a Postgres
 * and a Redis: `tsx test/engines/run.ts FOLDER`. It fails where one of them can't be had, or does not end by itself.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "../support/servers/postgres.ts";
import { startRedis } from "../support/servers/redis.ts";

const LIMIT_MS = 60_000;
const KILLED = `SIGKILL, ended by it or after ${LIMIT_MS / 1_000} s`;
const EXERCISE = join(import.meta.dirname, "exercise.ts");

const folder = process.argv[2];
if (folder === undefined) throw new Error("give the folder in which npm installed bun and deno");
const binary = (name: string): string => join(folder, "node_modules", ".bin", name);
const ENGINES: readonly (readonly string[])[] = [
  [process.execPath, "--import", "tsx", EXERCISE],
  [binary("bun"), EXERCISE],
  [binary("deno"), "run", "--quiet", "--allow-all", EXERCISE],
];
for (const [program] of ENGINES) {
  if (!existsSync(program as string)) throw new Error(`${program} is missing: npm install --prefix ${folder} bun deno`);
}

const postgres = await startPostgres();
const redis = await startRedis();
const env = { ...process.env, TEST_POSTGRES_URL: postgres.url, TEST_REDIS_URL: redis.url };
try {
  for (const command of ENGINES) {
    let end = await endOf(command);
    // The first start of a Deno that was installed a moment ago has hung, before the first line of the exercise.
    if (end === KILLED) end = await endOf(command);
    if (end === 0) continue;
    console.error(`✗ ${command.join(" ")}: ${end}`);
    process.exitCode = 1;
  }
} finally {
  await Promise.all([postgres.stop(), redis.stop()]);
}

/** Runs a command to its end: its exit code, or why there is none. */
function endOf([program, ...args]: readonly string[]): Promise<unknown> {
  return new Promise((resolve) => {
    const child = spawn(program as string, args, { env, stdio: "inherit" });
    const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    const settle = (end: unknown): void => {
      clearTimeout(limit);
      resolve(end);
    };
    child.once("error", settle);
    child.once("exit", (code, signal) => settle(signal === "SIGKILL" ? KILLED : (code ?? signal)));
  });
}
