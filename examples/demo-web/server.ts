import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import express from "express";
import { authOf, errorHandler, login, logout, refresh, requireAuth } from "hallpass/express";
import { auth, stolen } from "./auth.ts";

const PAGE_HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const app = express();
app.disable("x-powered-by");
app.use((_req, res, next) => {
  res.set(PAGE_HEADERS);
  next();
});

app.post("/login", express.json(), login(auth));
app.post("/refresh", express.json(), refresh(auth));
app.post("/logout", express.json(), logout(auth));
app.post("/logout/everywhere", requireAuth(auth), (req, res, next) => {
  auth.logoutEverywhere(authOf(req, auth).userId).then(() => res.status(204).end(), next);
});
app.get("/me", requireAuth(auth), (req, res) => {
  const { userId, scopes } = authOf(req, auth);
  res.json({ id: userId, scopes: [...scopes] });
});

// Only the demo shows this to everybody. A service shows a user's sessions only to that user.
app.get("/service", (_req, res, next) => {
  auth.sessions("user-1").then((sessions) => res.json({ sessions, stolen }), next);
});

app.use(express.static(fileURLToPath(new URL("page", import.meta.url))));
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

/** Serves the page on the loopback interface, on `PORT` or on a free port, until Ctrl-C. */
export async function serve(): Promise<void> {
  const server = app.listen(Number(process.env.PORT ?? 0), "127.0.0.1");
  await once(server, "listening");
  console.log(`See the flow at http://127.0.0.1:${(server.address() as AddressInfo).port} (Ctrl-C ends it)`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  server.closeAllConnections();
}
