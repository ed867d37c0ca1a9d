import { rejects } from "node:assert";
import { blocklistContract, refreshStoreContract, userStoreContract } from "../../src/testing.ts";
import { POSTGRES, REDIS, SQLITE } from "./clients.ts";
import { flowOn, type Stores } from "./flow.ts";
import { lacks } from "./lacking.ts";
import { onMemory } from "./on-memory.ts";
import { onPostgres } from "./on-postgres.ts";
import { onRedis } from "./on-redis.ts";
import { onSqlite } from "./on-sqlite.ts";
import { about, casesOf, type Part, type Parts } from "./part.ts";

/** Every database by each of its clients: the contracts of the stores, the flow on them, and what is of its own kind. */
export const DATABASES: Parts = {
  memory: () => ({ cases: casesOn(onMemory()) }),
  ...each(SQLITE, onSqlite),
  ...each(POSTGRES, onPostgres),
  ...each(REDIS, onRedis),
};

function each<Open>(clients: Readonly<Record<string, Open>>, on: (open: Open) => Promise<Stores & Part>): Parts {
  return Object.fromEntries(
    Object.entries(clients).map(([name, open]) => [
      name,
      async () => {
        if (lacks(name)) return { cases: casesOf({ "is not there": () => rejects(on(open), /is missing here/) }) };
        const part = await on(open);
        return { ...part, cases: [...casesOn(part), ...part.cases] };
      },
    ]),
  );
}

function casesOn(stores: Stores): Part["cases"] {
  const { users, refresh, blocklist, add } = stores;
  return [
    ...about(
      "users",
      userStoreContract(() => ({ users, add })),
    ),
    ...about(
      "sessions",
      refreshStoreContract(() => refresh),
    ),
    ...about(
      "revocations",
      blocklistContract(() => blocklist),
    ),
    ...about("the flow", flowOn(stores)),
  ];
}
