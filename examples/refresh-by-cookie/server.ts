import { join } from "node:path";
import express from "express";
import { createAuthenticator, defineToken, hashPassword } from "hallpass";
import { authOf, errorHandler, login, logout, refresh, requireAuth } from "hallpass/express";
import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "hallpass/stores/memory";
import { readKey } from "../shared/key.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

const users = memoryUsers();
users.add({
  login: "reader@example.com",
  passwordHash: await hashPassword("correct horse battery staple"),
  user: { id: "user-1" },
});

const auth = createAuthenticator({
  token: defineToken({
    keys: readKey(),
    issuer: "https://app.example.com",
    audience: "https://app.example.com",
    expiresIn: "20s", // so short that you see the page refresh; 15 minutes are usual
  }),
  users,
  blocklist: memoryBlocklist(),
  refresh: { store: memoryRefreshStore(), cookie: {} },
});

const app = express();

app.use((_req, res, next) => {
  res.set({ "Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff" });
  next();
});
app.use(express.static(join(import.meta.dirname, "page")));

// Refresh and logout read the cookie, so they need no body parser.
app.post("/login", express.json(), login(auth));
app.post("/refresh", refresh(auth));
app.post("/logout", logout(auth));
app.get("/me", requireAuth(auth), (req, res) => {
  const { userId, claims } = authOf(req, auth);
  res.json({ userId, until: new Date(claims.exp * 1_000) });
});
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

announce(app.listen(PORT, HOST));
