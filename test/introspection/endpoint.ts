import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createGuard } from "../../src/guard/create.ts";
import type { TokenGuard } from "../../src/guard/guard.ts";
import type { IntrospectedClaims } from "../../src/introspection/answer.ts";
import { type IntrospectedCredential, introspected } from "../../src/introspection/credential.ts";
import type { IntrospectedOptions } from "../../src/introspection/options.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { runs } from "../support/thorough.ts";
import { NOW, SECOND } from "../support/tokens.ts";

export const AUDIENCE = "https://orders.example";

/** A good answer, as an authorization server gives it. */
export const GOOD: Readonly<Record<string, unknown>> & { readonly sub: string } = {
  active: true,
  sub: "user-1",
  aud: AUDIENCE,
  iss: "https://issuer.example",
  scope: "read write",
  client_id: "app",
  token_type: "Bearer",
  iat: SECOND - 10,
  exp: SECOND + 900,
};

const json = (body: unknown) => (_req: IncomingMessage, res: ServerResponse) => {
  res.setHeader("Content-Type", "application/json").end(typeof body === "string" ? body : JSON.stringify(body));
};
const BOMB = gzipSync(Buffer.alloc(runs(5_000_000, 50_000_000), " "));

/** How an endpoint may answer everything, where it is out of order. */
export const FAULTS: Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => unknown>> = {
  hangs: () => undefined,
  "sends headers and hangs": (_req, res) => void res.writeHead(200).write("{"),
  "closes the connection": (req) => req.socket.destroy(),
  "answers 500": (_req, res) => res.writeHead(500).end("{}"),
  "answers 401": (_req, res) => res.writeHead(401).end('{"error":"invalid_client"}'),
  "answers 400": (_req, res) => res.writeHead(400).end('{"error":"invalid_request"}'),
  "answers 204": (_req, res) => res.writeHead(204).end(),
  "answers HTML": (_req, res) => res.end("<html>signed in</html>"),
  "answers a list": json([GOOD]),
  "answers null": json("null"),
  "answers nothing": json(""),
  "says active as text": json({ ...GOOD, active: "true" }),
  "says active as a number": json({ ...GOOD, active: 1 }),
  "leaves active out": json({ ...GOOD, active: undefined }),
  "says an exp that is text": json({ ...GOOD, exp: "tomorrow" }),
  "says an aud that is an object": json({ ...GOOD, aud: {} }),
  "says a jti that is a number": json({ ...GOOD, jti: 7 }),
  "answers bytes that are no text": (_req, res) => res.end(Buffer.from([0x7b, 0xff, 0x7d])),
  "redirects elsewhere": (_req, res) => res.writeHead(307, { Location: "http://localhost:1/" }).end(),
  "redirects to itself": (_req, res) => res.writeHead(303, { Location: "/introspect" }).end(),
  "sends 100 MB": (req, res) => {
    const piece = Buffer.alloc(1_000_000, " ");
    const send = (left: number): void => {
      if (left === 0 || req.socket.destroyed) return void res.end();
      res.write(piece, () => send(left - 1));
    };
    send(100);
  },
  "sends a bomb": (_req, res) => res.writeHead(200, { "Content-Encoding": "gzip" }).end(BOMB),
};

/** A real server that answers as it is told, and remembers what it was asked. */
export class FakeEndpoint {
  readonly server: Server;
  readonly asked: { readonly token: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[] =
    [];
  /** What it says of each token. Of any other it says that it is not active. */
  readonly tokens: Map<string, object> = new Map();
  /** How it answers; as it should where this is `null`. */
  fault: ((req: IncomingMessage, res: ServerResponse) => unknown) | null = null;
  /** Answers are held back until this settles. */
  gate: PromiseLike<unknown> = Promise.resolve();
  underWay: number = 0;
  mostUnderWay: number = 0;

  constructor() {
    this.server = createServer((req, res) => {
      this.underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
      res.on("close", () => {
        this.underWay -= 1;
      });
      let body = "";
      req.setEncoding("utf8");
      req.on("data", (chunk: string) => {
        body += chunk;
      });
      req.on("end", () => void this.#answer(req, res, body));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/introspect`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #answer(req: IncomingMessage, res: ServerResponse, body: string): Promise<void> {
    const token = new URLSearchParams(body).get("token") ?? "";
    this.asked.push({ token, headers: req.headers, body });
    const answer = this.tokens.get(token) ?? { active: false };
    await this.gate;
    if (this.fault !== null) this.fault(req, res);
    else json(answer)(req, res);
  }
}

/** A guard that asks an endpoint, and all that it is made of. */
export interface Desk {
  readonly guard: TokenGuard<IntrospectedClaims>;
  readonly credential: IntrospectedCredential;
  readonly clock: { now: number };
  readonly blocklist: Blocklist;
  readonly outages: unknown[];
}

export function deskOf(endpoint: FakeEndpoint, options: Partial<IntrospectedOptions> = {}): Desk {
  const clock = { now: NOW };
  const credential = introspected({
    endpoint: endpoint.url,
    client: { id: "orders", secret: "s3cret" },
    audience: AUDIENCE,
    cacheFor: "30s",
    now: () => clock.now,
    ...options,
  });
  const blocklist = memoryBlocklist({ now: () => clock.now });
  const outages: unknown[] = [];
  const onOutage = (...told: unknown[]): void => void outages.push(told);
  const guard = createGuard({ credentials: [credential], blocklist, onOutage });
  return { guard, credential, clock, blocklist, outages };
}
