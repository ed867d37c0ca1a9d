/** The HTTP servers that engines bring with them for handlers of Fetch. */
type Handler = (request: Request) => Promise<Response>;

interface Listening {
  address(): { port: number; address: string; family: string };
  close(): unknown;
}

const LOOPBACK = "127.0.0.1";

const { Bun, Deno } = globalThis as unknown as {
  readonly Bun: {
    serve(options: { port: number; hostname: string; fetch: Handler }): { port: number; stop(): unknown };
  };
  readonly Deno: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      handler: Handler,
    ): { addr: { port: number }; shutdown(): unknown };
  };
};

const at = (port: number): Pick<Listening, "address"> => ({
  address: () => ({ port, address: LOOPBACK, family: "IPv4" }),
});

export const SERVES: Readonly<Record<string, (handler: Handler) => Listening>> = {
  "Bun.serve"(handler) {
    const server = Bun.serve({ port: 0, hostname: LOOPBACK, fetch: handler });
    return { ...at(server.port), close: () => server.stop() };
  },
  "Deno.serve"(handler) {
    const server = Deno.serve({ port: 0, hostname: LOOPBACK, onListen: () => undefined }, handler);
    return { ...at(server.addr.port), close: () => server.shutdown() };
  },
};
