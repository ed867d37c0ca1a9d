import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createGzip } from "node:zlib";
import type { FakeAnswer, FakeBehaviour } from "./behaviour.ts";

/** A request, with all that an answer to it may need. */
export interface FakeExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The document that was asked for. */
  readonly text: string;
  /** The same document of another issuer. */
  readonly wrongText: string;
  /** The headers of a correct answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The target of a redirect; `null` where there is nothing left to follow. */
  readonly location: string | null;
}

const PIECE = Buffer.alloc(65_536, " ");
const DRIP_MS = 100;

/** Answers a request. It never rejects: many behaviours are meant to make a client leave early. */
export async function answerAs(behaviour: FakeAnswer | FakeBehaviour, exchange: FakeExchange): Promise<void> {
  const { response } = exchange;
  const left = new AbortController();
  response.once("close", () => left.abort());
  try {
    if (typeof behaviour === "object") await sendAnswer(behaviour, exchange, left.signal);
    else await BEHAVIOURS[behaviour]?.(exchange, left.signal);
  } catch {
    response.destroy();
  }
}

type Behave = (exchange: FakeExchange, left: AbortSignal) => unknown;

const redirect: Behave = (exchange, left) => {
  const { location } = exchange;
  return sendAnswer(location === null ? {} : { status: 302, headers: { location }, body: "" }, exchange, left);
};

/** The behaviours that are more than a plain answer. A behaviour that is missing here never answers. */
const BEHAVIOURS: { readonly [Name in FakeBehaviour]?: Behave } = {
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
  "wrong-issuer": (exchange, left) => sendAnswer({ body: exchange.wrongText }, exchange, left),
  redirect,
  "redirect-away": redirect,
  "redirect-endlessly": redirect,
};

async function sendAnswer(
  answer: FakeAnswer,
  { response, text, headers }: FakeExchange,
  signal: AbortSignal,
): Promise<void> {
  const { status = 200, delayMs = 0, body = text, bytes = 0, gzip = false } = answer;
  if (delayMs > 0) await wait(delayMs, undefined, { signal });
  const packed = gzip ? await pack(body, bytes) : null;
  response.writeHead(status, { ...headers, ...(gzip && { "content-encoding": "gzip" }), ...answer.headers });
  if (packed !== null) response.end(packed);
  else if (bytes === 0) response.end(body);
  else await pipeline(fill(body, bytes), response);
}

/** The last compressed body. A gzip bomb takes a quarter of a second to make, and a client may ask for it again. */
let lastPacked: { readonly body: string; readonly bytes: number; readonly packed: Promise<Buffer> } | null = null;

function pack(body: string, bytes: number): Promise<Buffer> {
  if (lastPacked?.body !== body || lastPacked.bytes !== bytes) {
    lastPacked = { body, bytes, packed: buffer(fill(body, bytes).pipe(createGzip({ level: 9 }))) };
  }
  return lastPacked.packed;
}

/** Streams a text and the spaces after it. Only a piece of the spaces is in memory at a time. */
function fill(text: string, bytes: number): Readable {
  return Readable.from(
    (function* () {
      yield text;
      for (let rest = bytes - Buffer.byteLength(text); rest > 0; rest -= PIECE.length) yield PIECE.subarray(0, rest);
    })(),
    { objectMode: false },
  );
}
