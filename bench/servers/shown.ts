import type { Server } from "node:http";
import fastify from "fastify";
import { bearer, type Credential, cookieToken, createGuard } from "hallpass";
import { apiKeys, createApiKeys } from "hallpass/api-keys";
import { requireAuth } from "hallpass/fastify";
import { memoryApiKeys } from "hallpass/stores/memory";
import { issueSessions } from "../load/sessions.ts";
import { accessToken } from "./access-token.ts";
import type { Contenders } from "./contenders.ts";

const SESSIONS = 1_000;

/** One guard and framework, and three ways to show who is asking. */
export const CONTENDERS: Contenders = {
  "bearer token": async () =>
    serve(
      bearer(accessToken),
      (await issueSessions(SESSIONS)).map((token) => `Authorization: Bearer ${token}`),
    ),
  "cookie token": async () =>
    serve(
      cookieToken(accessToken),
      (await issueSessions(SESSIONS)).map((token) => `Cookie: __Host-access=${token}`),
    ),
  "API key": serveApiKeys,
};

async function serveApiKeys(): Promise<Server> {
  const keys = createApiKeys({ store: memoryApiKeys(), prefix: "acme_bench" });
  const lines: string[] = [];
  for (let user = 0; user < SESSIONS; user += 1) {
    const created = await keys.create({ userId: `user-${user}`, scopes: ["orders:read", "orders:write"] });
    lines.push(`Authorization: Bearer ${created?.key}`);
  }
  return serve(apiKeys(keys), lines);
}

/** Tells the loader with what lines it is to ask, since only the server knows its keys. */
async function serve(credential: Credential, lines: readonly string[]): Promise<Server> {
  const app = fastify();
  const onRequest = requireAuth(createGuard({ credentials: [credential] }));
  app.get("/", { onRequest }, async () => ({ hello: "world" }));
  app.get("/lines", async () => lines);
  await app.ready();
  return app.server;
}
