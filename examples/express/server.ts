import type { Server } from "node:http";
import express from "express";
import { scopes } from "hallpass";
import {
  authOf,
  changePassword,
  errorHandler,
  login,
  logout,
  optionalAuth,
  optionalAuthOf,
  refresh,
  requireAuth,
} from "hallpass/express";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

const app = express();

app.post("/login", express.json(), login(auth));
app.post("/refresh", express.json(), refresh(auth));
app.post("/password", express.json(), changePassword(auth));
app.post("/logout", express.json(), logout(auth));
app.post("/logout/everywhere", requireAuth(auth), (req, res, next) => {
  auth.logoutEverywhere(authOf(req, auth).userId).then(() => res.status(204).end(), next);
});
app.get("/me", requireAuth(auth), (req, res) => {
  res.json(authOf(req, auth).claims);
});
app.get("/feed", optionalAuth(auth), (req, res) => {
  res.json({ personal: optionalAuthOf(req, auth) !== null });
});
app.get("/orders", requireAuth(auth, scopes("orders:read")), (_req, res) => {
  res.json([]);
});
app.post("/orders", requireAuth(auth, scopes("orders:write")), (_req, res) => {
  res.status(201).json({});
});

// Without it, Express logs every refusal and answers it as HTML.
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

export const server: Server = app.listen(PORT, HOST);
announce(server);
