import { postgresBlocklist } from "hallpass/stores/postgres";
import { type ReplicatedBlocklist, replicatedBlocklist } from "hallpass/stores/replicated";
import pg from "pg";

/** Opens the blocklist in Postgres, and copies it into this process's memory, from which requests are answered. */
export async function openBlocklist(
  client: pg.Pool,
  connectionString: string | undefined,
): Promise<ReplicatedBlocklist> {
  // The feed has a connection of its own, so that it does not wait for requests.
  const reader = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 2_000, query_timeout: 2_500 });
  const listener = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  const tell = (error: Error): void => console.error("A connection of the feed was lost:", error.message);
  reader.on("error", tell);
  listener.on("error", tell); // without this connection, the feed polls twice a second
  await listener.connect();
  const listen = async (channel: string, wake: () => void): Promise<void> => {
    listener.on("notification", wake);
    await listener.query(`LISTEN ${channel}`);
  };

  const store = postgresBlocklist({ client, feed: { client: reader, listen } });
  const blocklist = replicatedBlocklist({ store });
  await blocklist.start();
  return blocklist;
}
