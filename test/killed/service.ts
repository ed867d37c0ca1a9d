/** A service on shared stores, which the test kills: its port goes to standard output. */
import express from "express";
import { Redis } from "ioredis";
import pg from "pg";
import { authOf, changePassword, login, logout, refresh, requireAuth } from "../../src/adapters/express.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { memoryUsers } from "../../src/stores/memory.ts";
import { postgresBlocklist, postgresRefreshStore, postgresUsers } from "../../src/stores/postgres.ts";
import { redisBlocklist, redisRefreshStore } from "../../src/stores/redis.ts";
import { cheapPasswords } from "../../src/testing/passwords.ts";
import { profileOf } from "../support/tokens.ts";

const [kind = "", url = "", place = "", clients = "0"] = process.argv.slice(2);
const passwords = cheapPasswords();

async function storesOf() {
  if (kind === "postgres") {
    const client = new pg.Pool({ connectionString: url, max: 10 });
    const tables = {
      users: `${place}.users`,
      sessions: `${place}.sessions`,
      sessionOwners: `${place}.session_owners`,
      revocations: `${place}.revocations`,
    };
    const options = { client, tables };
    return {
      users: postgresUsers(options),
      store: postgresRefreshStore(options),
      blocklist: postgresBlocklist(options),
    };
  }
  const client = new Redis(url);
  const users = memoryUsers();
  const passwordHash = await passwords.hash("pw");
  for (let at = 0; at < Number(clients); at += 1) {
    users.add({ login: `user-${at}`, passwordHash, user: { id: `user-${at}` } });
  }
  const options = { send: (...command: string[]) => client.call(...(command as [string])), prefix: `${place}:` };
  return { users, store: redisRefreshStore(options), blocklist: redisBlocklist(options) };
}

const { users, store, blocklist } = await storesOf();
const auth = createAuthenticator({
  token: profileOf(undefined, { now: () => Date.now() }),
  users,
  passwords,
  blocklist,
  refresh: { store, cookie: {} },
});
const app = express();
app.set("env", "test");
app.use(express.json());
app.post("/login", login(auth));
app.post("/refresh", refresh(auth));
app.post("/logout", logout(auth));
app.post("/password", changePassword(auth));
app.post("/everywhere", requireAuth(auth), (req, res, next) => {
  auth.logoutEverywhere(authOf(req, auth).userId).then(() => res.status(204).end(), next);
});
app.get("/me", requireAuth(auth), (_req, res) => {
  res.json({});
});
const server = app.listen(0, "127.0.0.1", () => console.log((server.address() as { port: number }).port));
