import bcrypt from "bcryptjs";
import express from "express";
import { bcryptHashes, createAuthenticator, createPasswordHasher, defineToken } from "hallpass";
import { authOf, changePassword, errorHandler, login, logout, requireAuth } from "hallpass/express";
import { memoryBlocklist } from "hallpass/stores/memory";
import { readKey } from "../shared/key.ts";
import { announce, HOST, PORT } from "../shared/start.ts";
import { accounts } from "./accounts.ts";

const auth = createAuthenticator({
  token: defineToken({ keys: readKey(), issuer: "https://api.example.com", audience: "https://api.example.com" }),
  users: accounts,
  // bcrypt compares its own hashes. After a good login, an Argon2id hash replaces the old one.
  passwords: createPasswordHasher({ legacy: [bcryptHashes(bcrypt.compare)] }),
  blocklist: memoryBlocklist(),
  onUnreadableHash: (userId, scheme) => console.error(`${userId} has a hash of "${scheme}", which nothing here reads.`),
});

const app = express();
app.post("/login", express.json(), login(auth));
app.post("/password", express.json(), changePassword(auth));
app.post("/logout", logout(auth));
app.get("/me", requireAuth(auth), (req, res) => {
  res.json({ id: authOf(req, auth).userId });
});
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

announce(app.listen(PORT, HOST));
