import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryBlocklist } from "hallpass/stores/memory";
import { announce, HOST, PORT } from "../shared/start.ts";
import { startIssuer } from "./issuer.ts";
import { createMcp } from "./mcp.ts";

const server = createServer();
await once(server.listen(PORT, HOST), "listening");
const resource = `http://${HOST}:${(server.address() as AddressInfo).port}/mcp`;

// The issuer and the server share a blocklist here, since both are in this process.
const blocklist = memoryBlocklist();
const resources = [resource, "https://other.example.com/mcp"];
const issuer = process.env.ISSUER ?? (await startIssuer(resources, blocklist));
console.log(`Tokens are issued by ${issuer}`);
server.on("request", createMcp({ resource, issuer, blocklist }));
announce(server);
