import { contendersOf } from "../servers/contenders.ts";
import { type Child, startChild } from "./child.ts";

/** Servers by the names of their contenders, each in a process of its own, which says its port. */
export type Servers = ReadonlyMap<string, Child<number>>;

/** Starts all contenders of a kind of server, and stops them when they have been of use, or couldn't be. */
export async function withServers<Result>(kind: string, use: (servers: Servers) => Promise<Result>): Promise<Result> {
  const servers = new Map<string, Child<number>>();
  try {
    for (const name of Object.keys(await contendersOf(kind))) {
      servers.set(name, await startChild("servers/main.ts", kind, name));
    }
    return await use(servers);
  } finally {
    for (const { stop } of servers.values()) stop();
  }
}
