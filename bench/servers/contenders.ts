import type { Server } from "node:http";

/** Servers that differ in nothing but who guards them, by the guard's name. */
export type Contenders = Readonly<Record<string, () => Server | Promise<Server>>>;

/** What there is to be served. Loaded late: a server has nobody's code in it but its own framework's. */
const SERVERS: Readonly<Record<string, () => Promise<{ readonly CONTENDERS: Contenders }>>> = {
  express: () => import("./express.ts"),
  koa: () => import("./koa.ts"),
  fastify: () => import("./fastify.ts"),
  shown: () => import("./shown.ts"),
  login: () => import("./login.ts"),
};

export async function contendersOf(server: string): Promise<Contenders> {
  const load = SERVERS[server];
  if (load === undefined) throw new Error(`there is no server ${server}`);
  return (await load()).CONTENDERS;
}
