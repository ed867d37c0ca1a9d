import type { Child } from "./child.ts";
import type { Load, Served } from "./requests.ts";

/** What a server does in a turn. */
export interface Turn {
  /** Requests a second. */
  readonly rate: number;
  readonly p99: number;
  /** Microseconds of the server's CPU, user and system, for each request. */
  readonly cpu: number;
}

/** Puts a load on a server, and reads its CPU before and after. */
export async function takeTurn(server: Child<number>, loader: Child<"ready">, load: Omit<Load, "port">): Promise<Turn> {
  const before = await server.ask<NodeJS.CpuUsage>({});
  const { requests, seconds, p99 } = await loader.ask<Served>({ ...load, port: server.greeting });
  const after = await server.ask<NodeJS.CpuUsage>({});
  const cpu = after.user + after.system - before.user - before.system;
  return { rate: requests / seconds, p99, cpu: cpu / requests };
}
