import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What a network can do to a connection. */
type Weather = "clear" | "cut" | "swallow" | "garble";

/** A TCP proxy of the loopback, by which a test makes the weather. */
export interface TcpProxy {
  readonly port: number;
  /** `cut` ends and refuses connections, `swallow` lets nothing through, `garble` answers with noise. */
  become(weather: Weather): Promise<void>;
  /**
   * Has the connections that there are stay as they are, while new ones work. `"swallowed"`: nothing passes on them ever
   * again. `"kept"`: they stay with the server they have, and new ones go to another, as behind an address that has moved.
   */
  strand(how: "swallowed" | "kept", target?: number): void;
  stop(): Promise<void>;
}

/** Stands before a server on another port. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let weather: Weather = "clear";
  const held = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  let current = target;
  let deaf = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const client = held(socket);
    const upstream = held(createConnection(current, "127.0.0.1"));
    client.on("data", (data) => {
      if (deaf.has(client)) return;
      if (weather === "clear") upstream.write(data);
      if (weather === "garble") client.write("\x00\xff?!{}\r\n-noise\r\n:NaN\r\n".repeat(20));
    });
    upstream.on("data", (data) => weather === "clear" && !deaf.has(client) && client.write(data));
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await listen(0);
  const { port } = server.address() as { port: number };
  return {
    port,
    async become(next) {
      const before = weather;
      weather = next;
      if (next === "cut") await close();
      else if (before === "cut") await listen(port);
      else if (next === "clear") for (const socket of sockets) socket.destroy();
    },
    strand(how, next = current) {
      current = next;
      if (how === "swallowed") deaf = new Set(sockets);
    },
    stop: async () => {
      if (server.listening) await close();
    },
  };
}
