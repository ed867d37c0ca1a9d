import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import { CompactSign, importJWK, type JWK } from "jose";
import { SECOND } from "../support/tokens.ts";

/** A server of status lists, on loopback, which answers as it is told. */
export interface ListServer {
  readonly origin: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  answer: (req: IncomingMessage, res: ServerResponse) => unknown;
  stop(): Promise<void>;
}

export async function startListServer(): Promise<ListServer> {
  const server = createServer((req, res) => {
    started.asked.push(req.url ?? "");
    started.answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const started: ListServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: (_req, res) => res.writeHead(404).end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

/** Answers each request with the same text. */
export function saying(text: string | (() => string)): ListServer["answer"] {
  return (_req, res) =>
    res.writeHead(200, { "Content-Type": "application/statuslist+jwt" }).end(typeof text === "string" ? text : text());
}

/** The member `status_list` of a list. */
export function writeList(statuses: readonly number[], bits = 1): { bits: number; lst: string } {
  const bytes = Buffer.alloc(Math.ceil((statuses.length * bits) / 8));
  for (const [index, status] of statuses.entries()) {
    const at = Math.floor((index * bits) / 8);
    bytes[at] = (bytes[at] as number) | (status << ((index * bits) % 8));
  }
  return { bits, lst: deflateSync(bytes).toString("base64url") };
}

/** Signs a list as another program does, by another library. */
export async function signList(
  jwk: object,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const payload = { iat: SECOND, exp: SECOND + 3_600, ttl: 60, ...claims };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "ES256", typ: "statuslist+jwt", ...header } as { alg: string })
    .sign(await importJWK(jwk as JWK, "ES256"));
}
