import express from "express";
import { createAuthenticator, defineToken } from "hallpass";
import { authOf, errorHandler, login, logout, requireAuth } from "hallpass/express";
import { postgresUsers } from "hallpass/stores/postgres";
import pg from "pg";
import { readKey } from "../shared/key.ts";
import { announce, HOST, PORT } from "../shared/start.ts";
import { openBlocklist } from "./blocklist.ts";

const connectionString = process.env.DATABASE_URL;
const client = new pg.Pool({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 2_500 });
client.on("error", (error) => console.error("An idle connection was lost:", error.message));

const auth = createAuthenticator({
  token: defineToken({ keys: readKey(), issuer: "https://api.example.com", audience: "https://api.example.com" }),
  users: postgresUsers({ client }),
  blocklist: await openBlocklist(client, connectionString),
});

const app = express();
app.post("/login", express.json(), login(auth));
app.post("/logout", logout(auth));
app.get("/me", requireAuth(auth), (req, res) => {
  res.json({ id: authOf(req, auth).userId, process: process.pid });
});
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

announce(app.listen(PORT, HOST));
