/** One node of several: follows a feed, checks tokens under load, and says when it first saw each one revoked. */
import { Redis } from "ioredis";
import pg from "pg";
import type { TokenReference } from "../../src/stores/contract.ts";
import { postgresBlocklist } from "../../src/stores/postgres.ts";
import { redisBlocklist } from "../../src/stores/redis.ts";
import { replicatedBlocklist } from "../../src/stores/replicated.ts";

const [kind = "", url = "", count = "0"] = process.argv.slice(2);
const issuedAt = new Date();
const reference = (jti: string): TokenReference => ({ jti, sid: null, userId: "user-1", issuedAt });

function onRedis() {
  const client = new Redis(url);
  const reader = client.duplicate();
  for (const connection of [client, reader]) connection.on("error", () => undefined);
  return redisBlocklist({
    send: (...command) => client.call(...command),
    feed: { send: (...command) => reader.call(...command), retentionMs: 7_200_000 },
  });
}

async function onPostgres() {
  const client = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 1_000 });
  client.on("error", () => undefined);
  const listener = new pg.Client({ connectionString: url });
  listener.on("error", () => undefined);
  await listener.connect();
  const listen = async (channel: string, wake: () => void): Promise<void> => {
    listener.on("notification", wake);
    await listener.query(`LISTEN ${channel}`);
  };
  const reader = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 1_000 });
  reader.on("error", () => undefined);
  return postgresBlocklist({ client, feed: { client: reader, listen } });
}

const blocklist = replicatedBlocklist({
  store: kind === "redis" ? onRedis() : await onPostgres(),
  maxStalenessMs: 1_000,
});
await blocklist.start();

const seen: number[] = [];
let checks = 0;
let asking = 0;

/** Checks a token as a request would. While it is cut off it asks the store, as many at a time as there are requests. */
function check(jti: string): boolean {
  checks += 1;
  if (asking > 50) return false;
  const answer = blocklist.isRevoked(reference(jti));
  if (typeof answer === "boolean") return answer;
  asking += 1;
  Promise.resolve(answer)
    .catch(() => undefined)
    .finally(() => {
      asking -= 1;
    });
  return false;
}

let first = 0; // of those that are not seen yet

const look = setInterval(() => {
  for (let at = 0; at < 500; at += 1) check(`never-${checks}`);
  for (let id = first, looked = 0; id < Number(count) && looked < 300; id += 1) {
    if (seen[id] !== undefined) continue;
    looked += 1;
    if (check(`token-${id}`)) seen[id] = Date.now();
  }
  while (seen[first] !== undefined) first += 1;
}, 5);

/** What the node says of each id: true, false, or that it can't say. */
async function answersTo(ids: readonly string[]): Promise<readonly (boolean | "outage")[]> {
  const limit = (): Promise<"outage"> => new Promise((resolve) => setTimeout(resolve, 300, "outage"));
  return Promise.all(
    ids.map(async (id) => {
      try {
        return await Promise.race([blocklist.isRevoked(reference(id)), limit()]);
      } catch {
        return "outage";
      }
    }),
  );
}

process.on("message", async (message: { ids?: string[]; report?: true }) => {
  if (message.ids !== undefined) process.send?.({ answers: await answersTo(message.ids) });
  if (message.report) process.send?.({ seen, checks });
});
process.on("disconnect", () => {
  clearInterval(look);
  process.exit();
});
process.send?.({ ready: true });
