import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { HOST, PORT } from "../shared/start.ts";

const origins = [PORT, PORT + 1].map((port) => `http://${HOST}:${port}`) as [string, string];
const [origin = origins[0], expectedIssuer = origins[1]] = process.argv.slice(2);

// It knows the server, and the issuer that may see its secret. The challenge says how to get a token for the server.
const scope = "notes:read notes:write";
const credentials = { clientId: "demo", clientSecret: "secret of the demo", expectedIssuer, scope };
const authProvider = new ClientCredentialsProvider(credentials);
const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { authProvider });
const client = new Client({ name: "demo", version: "1.0.0" });
await client.connect(transport);

const { tools } = await client.listTools();
console.log(tools.map(({ name }) => name).join(", "));
await client.callTool({ name: "add_note", arguments: { text: "buy milk" } });
const { content } = await client.callTool({ name: "list_notes" });
console.log((content as { text: string }[]).map(({ text }) => text).join());
await client.close();
