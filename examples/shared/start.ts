import type { AddressInfo, Server } from "node:net";

/** The examples listen only on the loopback interface, on the environment's PORT; 0 takes any free port. */
export const HOST = "127.0.0.1";
export const PORT: number = Number(process.env.PORT ?? 3000);

/** Prints where a server listens, once it does. */
export function announce(server: Server): void {
  const say = (): void => console.log(`Listening on http://${HOST}:${(server.address() as AddressInfo).port}`);
  if (server.listening) say();
  else server.once("listening", say);
}
