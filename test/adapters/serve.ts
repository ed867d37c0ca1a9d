import { createServer, type Server } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { FetchHandler } from "../../src/adapters/fetch.ts";

/** Waits until a server listens. */
export function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => {
    if (server.listening) resolve(server);
    else server.once("listening", () => resolve(server));
  });
}

/** Serves a handler of Fetch's requests over HTTP, as a runtime does. What it throws is 500. */
export function serveFetch(handle: FetchHandler): Promise<Server> {
  const server = createServer((req, res) => {
    const { rawHeaders, method = "GET", url = "/" } = req;
    const headers = new Headers();
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    const hasBody = headers.has("content-length") || headers.has("transfer-encoding");
    const body = hasBody ? (Readable.toWeb(req) as ReadableStream<Uint8Array>) : null;
    const request = new Request(`http://localhost${url}`, { method, headers, body, duplex: "half" } as RequestInit);
    handle(request)
      .catch(() => new Response(null, { status: 500 }))
      .then(async (response) => {
        res.writeHead(response.status, [...response.headers].flat()).end(await response.text());
      });
  });
  return listening(server.listen(0, "127.0.0.1"));
}
