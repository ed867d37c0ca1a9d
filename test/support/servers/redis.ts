import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort, type Server } from "./postgres.ts";
import type { Needed } from "./provide.ts";

export const REDIS: Needed = {
  name: "Redis",
  variable: "TEST_REDIS_URL",
  install: "apt-get install redis-server",
  start: startRedis,
};

/** Whether this machine has a Redis that can be started. */
export const hasRedis = (): boolean => binary() !== null;

/** Starts a Redis on a free port of the loopback, in a folder of its own; it keeps what it is told, also when it is killed. */
export async function startRedis(...more: readonly string[]): Promise<Server> {
  const program = binary();
  if (program === null) throw new Error("Redis is missing");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "hallpass-redis-"));
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: "yes",
    appendfsync: "no",
    "repl-diskless-sync-delay": "0", // a replica is there at once, not after five seconds
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  let child: ChildProcess;
  const restart = async (): Promise<void> => {
    child = spawn(program, [...args, "--maxmemory-policy", "noeviction", ...more], { stdio: "ignore" });
    await answering(port);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  await restart().catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    kill,
    restart,
    stop,
  };
}

function binary(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const programs = ["redis-server", "valkey-server"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return programs.find((program) => existsSync(program)) ?? null;
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; !(await pong(port)); attempt += 1) {
    if (attempt === 200) throw new Error("Redis does not answer");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });
}
