import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort, type Server } from "./postgres.ts";

/** Starts a standby that streams from a server: a copy of its files, which a backup that is under way makes good. */
export async function startStandby(primary: Server, admin: pg.Pool): Promise<{ url: string; stop(): Promise<void> }> {
  const { data_directory: from } = (await admin.query("SHOW data_directory")).rows[0];
  const { uid, gid } = statSync(from);
  const [pid] = readFileSync(join(from, "postmaster.pid"), "utf8").split("\n");
  const postgres = readlinkSync(`/proc/${pid}/exe`);
  const folder = mkdtempSync(join(tmpdir(), "hallpass-standby-"));
  const data = join(folder, "data");
  const session = await admin.connect();
  const { server_version_num: version } = (await session.query("SHOW server_version_num")).rows[0];
  const [start, stop] =
    Number(version) >= 150_000
      ? ["pg_backup_start('standby', true)", "pg_backup_stop(false)"]
      : ["pg_start_backup('standby', true, false)", "pg_stop_backup(false)"];
  await session.query(`SELECT ${start}`);
  cpSync(from, data, { recursive: true, filter: (file) => !file.endsWith("postmaster.pid") });
  const { labelfile } = (await session.query(`SELECT labelfile FROM ${stop}`)).rows[0];
  session.release();
  writeFileSync(join(data, "backup_label"), labelfile);
  writeFileSync(join(data, "standby.signal"), "");
  const port = await freePort();
  const source = `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'\n`;
  appendFileSync(join(data, "postgresql.auto.conf"), source);
  execFileSync("chown", ["-R", `${uid}:${gid}`, folder]);
  execFileSync("chmod", ["-R", "go=,go-rwx", data]);
  const args = ["-D", data, "-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-p", String(port)];
  const child = spawn(postgres, args, { uid, gid, cwd: folder, stdio: "ignore" });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      break;
    } catch (error) {
      if (child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    url,
    stop: async () => {
      child.kill("SIGQUIT");
      await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
