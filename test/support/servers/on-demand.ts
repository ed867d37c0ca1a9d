import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { POSTGRES } from "./postgres.ts";
import { type Needed, provideServer } from "./provide.ts";
import { REDIS } from "./redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where a test asks for the servers of the run, by name. */
    serversUrl: string;
  }
}

/** The servers that tests share, by the name they ask for. */
const SERVERS: Readonly<Record<string, Needed>> = { postgres: POSTGRES, redis: REDIS };

/** Starts each server once, for the first test that asks for it. A run without such tests waits for none. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<Needed, ReturnType<typeof provideServer>>();
  const server = createServer(async (request, response) => {
    try {
      const needed = SERVERS[request.url?.slice(1) ?? ""] as Needed;
      if (!started.has(needed)) started.set(needed, provideServer(needed, project));
      response.end(JSON.stringify((await started.get(needed))?.url));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("serversUrl", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    for (const provided of await Promise.allSettled(started.values())) {
      if (provided.status === "fulfilled") await provided.value.stop();
    }
  };
}
