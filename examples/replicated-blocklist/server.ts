import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { hashPassword } from "hallpass";
import { postgresSchema, postgresUsers } from "hallpass/stores/postgres";
import pg from "pg";
// Only so that the example starts by itself: a service of yours runs node.ts.
import { startPostgres } from "../../test/support/servers/postgres.ts";
import { PORT } from "../shared/start.ts";

const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
const postgres = await startPostgres();
try {
  await prepare(postgres.url);
  const ports = PORT === 0 ? [0, 0] : [PORT, PORT + 1];
  // All processes of a service share one secret.
  const secret = process.env.TOKEN_SECRET ?? randomBytes(32).toString("base64url");
  const nodes = ports.map((port) => startNode(port, secret));
  await Promise.race([stopped, ...nodes.map((node) => once(node, "exit"))]);
  await Promise.all(nodes.map(stopNode));
} finally {
  await postgres.stop();
}
process.exit(); // the listeners for signals are still set

async function prepare(connectionString: string): Promise<void> {
  const client = new pg.Pool({ connectionString });
  await client.query(postgresSchema());
  const passwordHash = await hashPassword("correct horse battery staple");
  await postgresUsers({ client }).add({ id: "user-1", login: "reader@example.com", passwordHash });
  await client.end();
}

/** Starts a process of the service, with the same loader as this one. */
function startNode(port: number, secret: string): ChildProcess {
  const env = { ...process.env, PORT: String(port), TOKEN_SECRET: secret, DATABASE_URL: postgres.url };
  const args = [...process.execArgv, join(import.meta.dirname, "node.ts")];
  return spawn(process.execPath, args, { env, stdio: "inherit" });
}

async function stopNode(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  node.kill();
  await once(node, "exit");
}
