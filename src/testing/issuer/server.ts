import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** The one address that these servers have. Nobody outside this machine reaches it. */
const LOOPBACK = "127.0.0.1";

/** An HTTP server on the loopback interface, which can stop listening, and start again. */
export interface LoopbackServer {
  readonly origin: string;
  /** Sets the function that answers its requests. */
  serve(handle: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Ends every connection, and refuses new ones. */
  refuse(): Promise<void>;
  /** Listens again, on the same port. */
  accept(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startServer(): Promise<LoopbackServer> {
  const server = createServer();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${LOOPBACK}:${port}`,
    serve(handle) {
      server.on("request", handle);
    },
    async refuse() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await knock(port);
    },
    async accept() {
      if (!server.listening) await listen(server, port);
    },
  };
}

/** Listens on a port. It rejects where another program has taken the port meanwhile. */
async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
}

/**
 * Tries to connect to the closed port. Once that has failed, a client in this process has noticed which of its
 * connections were ended, and does not send its next request on one of them.
 */
function knock(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.on("error", () => undefined);
    socket.once("close", () => resolve());
    socket.end();
  });
}
