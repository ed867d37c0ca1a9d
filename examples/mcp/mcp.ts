import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express, { type Express, type RequestHandler } from "express";
import {
  type Blocklist,
  createGuard,
  type Guard,
  type Identity,
  protectedResource,
  scopes,
  trustIssuer,
} from "hallpass";
import { authOf, errorHandler, requireAuth, resourceMetadata } from "hallpass/express";
import { createToolServer, findScope, SCOPES } from "./tools.ts";

/** Where an MCP server is, and whose tokens it takes. */
export interface McpOptions {
  /** Its URL, which is the audience of its tokens: a token for another service opens nothing here. */
  readonly resource: string;
  readonly issuer: string;
  readonly blocklist: Blocklist;
}

/** Makes an MCP server, behind the official SDK's Streamable HTTP transport. */
export function createMcp({ resource, issuer, blocklist }: McpOptions): Express {
  const token = trustIssuer(issuer, { audience: resource, requiredClaims: ["sub", "client_id", "jti"] });
  const api = protectedResource({ token, scopes: SCOPES, name: "Notes" });
  const guard = createGuard({ token, blocklist, challenge: { ...api.challenge, scope: "notes:read" } });
  const app = express();
  app.get(api.metadataPath, resourceMetadata(api));
  const { pathname } = new URL(resource);
  app.post(pathname, requireAuth(guard), express.json({ limit: "256kb" }), requireToolScopes(guard), answer(guard));
  // No streams and no sessions: each request shows its token, and no state outlives the request.
  app.all(pathname, requireAuth(guard), (_req, res) => void res.status(405).set("Allow", "POST").end());
  app.use(errorHandler({ log: (error, req) => console.error(req.url, error.message, error.cause) }));
  return app;
}

/** Requires the scopes of the tools that are called. The 403 tells the client which scopes to ask for. */
function requireToolScopes(guard: Guard): RequestHandler {
  return async (req, _res, next) => {
    const needed = listCalls(req.body).flatMap((name) => findScope(name) ?? []);
    if (needed.length > 0) await guard.authorize(authOf(req, guard), scopes(...new Set(needed)));
    next();
  };
}

/** Lists the tools that a body calls: one message, or a batch of them. */
function listCalls(body: unknown): unknown[] {
  const messages = [body].flat() as ({ method?: unknown; params?: { name?: unknown } } | null | undefined)[];
  return messages.filter((it) => it?.method === "tools/call").map((it) => it?.params?.name);
}

function answer(guard: Guard): RequestHandler {
  return async (req, res) => {
    const identity = authOf(req, guard);
    const server = createToolServer(identity);
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    res.on("close", () => void server.close());
    await server.connect(transport);
    // The SDK passes `auth` to the tools, in a format of its own.
    await transport.handleRequest(Object.assign(req, { auth: toAuthInfo(identity) }), res, req.body);
  };
}

function toAuthInfo({ userId, scopes: granted, claims }: Identity) {
  const { client_id: clientId, exp } = claims as { client_id: string; exp: number };
  return { token: "", clientId, scopes: [...granted], expiresAt: exp, extra: { userId } }; // No tool needs the token.
}
