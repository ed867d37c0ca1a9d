import { Agent, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** Name and value in turn, so that a header can be sent twice. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Whether the connection ends with the answer: where the server does not read all that is sent, say. */
  readonly isLast?: boolean;
}

/** The connections to each server, which are kept: to open one costs more than most answers. */
const agents = new WeakMap<Server, Agent>();

function agentOf(server: Server): Agent {
  const known = agents.get(server);
  if (known !== undefined) return known;
  server.keepAliveTimeout = 60_000; // A connection that the server ends just as a request comes would fail that one.
  const agent = new Agent({ keepAlive: true });
  agents.set(server, agent);
  return agent;
}

/** Sends a request over a socket as it is written here, which no client library would let through. */
export function exchange(
  server: Server,
  { method = "GET", path, headers = [], body, isLast = false }: Sent,
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const length = method === "POST" ? ["Content-Length", String(Buffer.byteLength(body ?? ""))] : [];
  const host = headers.includes("Host") ? [] : ["Host", `127.0.0.1:${port}`];
  const all = [...host, ...(isLast ? ["Connection", "close"] : []), ...headers, ...length];
  const agent = isLast ? false : agentOf(server);
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", method, path, headers: all, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0 } = response;
        resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    sent.end(body);
  });
}
