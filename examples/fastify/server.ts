import type { Server } from "node:http";
import fastify from "fastify";
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
} from "hallpass/fastify";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

const app = fastify();
app.setErrorHandler(errorHandler({ log: (error, request) => console.error(request.url, error) }));

app.post("/login", login(auth));
app.post("/refresh", refresh(auth));
app.post("/password", changePassword(auth));
app.post("/logout", logout(auth));
app.post("/logout/everywhere", { onRequest: requireAuth(auth) }, async (request, reply) => {
  await auth.logoutEverywhere(authOf(request, auth).userId);
  return reply.code(204).send();
});
app.get("/me", { onRequest: requireAuth(auth) }, async (request) => authOf(request, auth).claims);
app.get("/feed", { onRequest: optionalAuth(auth) }, async (request) => ({
  personal: optionalAuthOf(request, auth) !== null,
}));
app.get("/orders", { onRequest: requireAuth(auth, scopes("orders:read")) }, async () => []);
app.post("/orders", { onRequest: requireAuth(auth, scopes("orders:write")) }, async (_request, reply) => {
  return reply.code(201).send({});
});

await app.listen({ port: PORT, host: HOST });
export const server: Server = app.server;
announce(server);
