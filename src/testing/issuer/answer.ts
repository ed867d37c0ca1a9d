import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createGzip } from "node:zlib";
import type { FakeAnswer, FakeBehaviour } from "./behaviour.ts";

/** What an answer may need. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The document that was asked for. */
  readonly text: string;
  /** What a document of another issuer would be. */
  readonly wrongText: string;
  /** The headers of an answer that is right. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where a redirect goes; `null` where the document is at its last place. */
  readonly location: string | null;
}

const PIECE = " ".repeat(65_536);
const DRIP_MS = 100;

/** Answers a request. It never rejects: a client that leaves early is what many of the behaviours are for. */
export async function answerAs(behaviour: FakeAnswer | FakeBehaviour, asked: Asked): Promise<void> {
  const { response } = asked;
  const left = new AbortController();
  response.once("close", () => left.abort());
  try {
    if (typeof behaviour === "object") await send(behaviour, asked, left.signal);
    else await MANNERS[behaviour]?.(asked, left.signal);
  } catch {
    response.destroy();
  }
}

type Manner = (asked: Asked, left: AbortSignal) => unknown;

const redirect: Manner = (asked, left) => {
  const { location } = asked;
  return send(location === null ? {} : { status: 302, headers: { location }, body: "" }, asked, left);
};

/** The behaviours that are more than one answer. What is not here never answers. */
const MANNERS: { readonly [Name in FakeBehaviour]?: Manner } = {
  "hanging-body": ({ response, headers }) => response.writeHead(200, headers).flushHeaders(),
  async dripping({ response, headers, text }, signal) {
    response.writeHead(200, headers);
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.of(byte));
      await wait(DRIP_MS, undefined, { signal });
    }
    response.end();
  },
  reset: ({ request }) => request.socket.resetAndDestroy(),
  "cut-short"({ response, headers, text }) {
    response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  "wrong-issuer": (asked, left) => send({ body: asked.wrongText }, asked, left),
  redirect,
  "redirect-away": redirect,
  "redirect-endlessly": redirect,
};

async function send(answer: FakeAnswer, { response, text, headers }: Asked, signal: AbortSignal): Promise<void> {
  const { status = 200, delayMs = 0, body = text, bytes = 0, gzip = false } = answer;
  if (delayMs > 0) await wait(delayMs, undefined, { signal });
  const packed = gzip ? await pack(body, bytes) : null;
  response.writeHead(status, { ...headers, ...(gzip && { "content-encoding": "gzip" }), ...answer.headers });
  if (packed !== null) response.end(packed);
  else if (bytes === 0) response.end(body);
  else await pipeline(fill(body, bytes), response);
}

/** What was compressed last. A bomb takes a quarter of a second to make, and a client may come back for it. */
let last: { readonly body: string; readonly bytes: number; readonly packed: Promise<Buffer> } | null = null;

function pack(body: string, bytes: number): Promise<Buffer> {
  if (last?.body !== body || last.bytes !== bytes) {
    last = { body, bytes, packed: buffer(fill(body, bytes).pipe(createGzip({ level: 9 }))) };
  }
  return last.packed;
}

/** Streams a text and the spaces behind it. Only a piece of them is in memory at a time. */
function fill(text: string, bytes: number): Readable {
  return Readable.from(
    (function* () {
      yield text;
      for (let rest = bytes - Buffer.byteLength(text); rest > 0; rest -= PIECE.length) yield PIECE.slice(0, rest);
    })(),
    { objectMode: false },
  );
}
