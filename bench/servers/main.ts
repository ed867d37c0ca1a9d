import type { AddressInfo } from "node:net";
import { contendersOf } from "./contenders.ts";

process.on("disconnect", () => process.exit());

const [kind = "", contender = ""] = process.argv.slice(2);
const server = await (await contendersOf(kind))[contender]?.();
if (server === undefined) throw new Error(`nobody of the name of ${contender} serves ${kind}`);

server.keepAliveTimeout = 0; // or connections would close between the turns
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("message", () => process.send?.(process.cpuUsage()));
