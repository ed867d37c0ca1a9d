import { strictEqual } from "node:assert";
import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  type PostgresClient,
  postgresBlocklist,
  postgresRefreshStore,
  postgresSchema,
  postgresUsers,
} from "../../src/stores/postgres.ts";
import { replicatedBlocklist } from "../../src/stores/replicated.ts";
import { blocklistContract } from "../../src/testing.ts";
import type { POSTGRES } from "./clients.ts";
import type { Stores } from "./flow.ts";
import { about, addressOf, casesOf, type Part } from "./part.ts";

/** The stores in tables of their own, and a copy of the blocklist. */
export async function onPostgres(open: (typeof POSTGRES)[string]): Promise<Stores & Part> {
  const prefix = `engine_${randomUUID().replaceAll("-", "").slice(0, 8)}`;
  const tables = {
    users: `${prefix}_users`,
    sessions: `${prefix}_sessions`,
    sessionOwners: `${prefix}_owners`,
    revocations: `${prefix}_revocations`,
  };
  await migrate(postgresSchema(tables));
  const { client, close } = open(addressOf("TEST_POSTGRES_URL"));
  const options = { client, tables };
  const users = postgresUsers(options);
  const blocklist = postgresBlocklist({ ...options, feed: { client }, deleteExpired: { every: "1h" } });
  const copy = replicatedBlocklist({ store: blocklist });
  await copy.start();
  return {
    users,
    refresh: postgresRefreshStore(options),
    blocklist,
    add: users.add,
    cases: [
      ...about(
        "a copy",
        blocklistContract(() => copy),
      ),
      ...casesOf({ "runs again what clashed with another transaction": () => runsAgain(client) }),
    ],
    async close() {
      copy.stop();
      await close();
    },
  };
}

/** Runs a script as migrations do: in one query without parameters. */
async function migrate(script: string): Promise<void> {
  const client = new pg.Client({ connectionString: addressOf("TEST_POSTGRES_URL") });
  await client.connect();
  await client.query(script).finally(() => client.end());
}

/** On a table that gives every first attempt up: what a sequence has counted stays counted. */
async function runsAgain(client: PostgresClient): Promise<void> {
  const name = `clash_${randomUUID().replaceAll("-", "").slice(0, 8)}`;
  const tables = { users: name };
  await migrate(`${postgresSchema(tables)}
    CREATE SEQUENCE ${name}_attempts;
    CREATE FUNCTION ${name}_clash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('${name}_attempts') % 2 = 1 THEN RAISE serialization_failure; END IF; RETURN NEW; END $$;
    CREATE TRIGGER clash BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION ${name}_clash();`);
  const users = postgresUsers({ client, tables });
  await users.add({ id: "user-1", login: "reader", passwordHash: null });
  strictEqual((await users.findById("user-1"))?.login, "reader");
}
