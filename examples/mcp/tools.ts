import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Identity } from "hallpass";
import { z } from "zod";

/** Each tool, with the scope that a call needs. */
const NEEDED: ReadonlyMap<unknown, string> = new Map([
  ["list_notes", "notes:read"],
  ["add_note", "notes:write"],
]);

export const SCOPES: readonly string[] = [...new Set(NEEDED.values())];

/** Finds the scope of a tool; `undefined` if there is no such tool, which the SDK then answers. */
export function findScope(tool: unknown): string | undefined {
  return NEEDED.get(tool);
}

const notes = new Map<string, string[]>();

/** Makes the tools of one user, for one request. */
export function createToolServer({ userId }: Identity): McpServer {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  const own = notes.get(userId) ?? [];
  const tell = (text: string) => ({ content: [{ type: "text" as const, text }] });
  server.registerTool("list_notes", { description: "Lists your notes." }, () => tell(own.join("\n")));
  const note = { text: z.string().max(1_000) };
  server.registerTool("add_note", { description: "Adds a note.", inputSchema: note }, ({ text }) => {
    notes.set(userId, [...own.slice(-99), text]);
    return tell("added");
  });
  return server;
}
