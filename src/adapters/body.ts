import type { IncomingHttpHeaders } from "node:http";
import { AuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { MAX_BODY_BYTES } from "../shared/limits.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-8"?\s*(?:;|$))/i;

/**
 * Refuses a body whose `Content-Type` is anything but JSON in UTF-8 (RFC 8259 §8.1). A body without a type passes.
 *
 * @throws AuthError `unsupported_media_type` (415)
 */
export function requireJson(contentType: string | null | undefined): void {
  if (contentType === null || contentType === undefined) return;
  const isJson = JSON_TYPE.test(contentType) && !OTHER_CHARSET.test(contentType);
  if (!isJson) throw new AuthError("unsupported_media_type");
}

/**
 * Tells whether a Node request has a body. Its headers say so (RFC 9112 §6.3), or a parser found one: HTTP/2 and
 * bridges to other kinds of servers need no such header.
 */
export function hasBody(headers: IncomingHttpHeaders, parsed: unknown): boolean {
  return Number(headers["content-length"]) > 0 || headers["transfer-encoding"] !== undefined || hasMembers(parsed);
}

/**
 * Takes what a framework's parser left in `body`.
 *
 * @param remedy - what a developer should do where no parser ran, such as `"put express.json() in front of it"`
 * @throws AuthError `unsupported_media_type` (415) for a body that is not JSON, unless the parser made an object of it,
 * and for JSON in another charset than UTF-8, which some parsers read as UTF-8 all the same
 * @throws TypeError where no parser ran
 */
export function takeParsedBody(holder: object, contentType: string | undefined, remedy: string): unknown {
  if (!("body" in holder)) throw new TypeError(`nothing parsed the body; ${remedy}`);
  if (!hasMembers(holder.body) || JSON_TYPE.test(contentType ?? "")) requireJson(contentType);
  return holder.body;
}

/** Tells whether a parser found something in a body. */
export function hasMembers(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.keys(body).length > 0;
}

/**
 * Reads JSON from an unparsed body: a web stream or a Node request. It gives `undefined` for an empty body. For a Node
 * request, pass `req.iterator({ destroyOnReturn: false })`, so that an answer can be sent when the body is too long.
 *
 * @param chunks - the body as bytes, text or both. A byte order mark at its beginning is skipped.
 * @throws AuthError `unsupported_media_type` (415) where the body's type is anything but JSON in UTF-8;
 * `malformed_body` (400) where it is not JSON, or the client broke it off; `body_too_large` (413) where it has more
 * than 64 KiB
 * @throws TypeError where `chunks` is not a body, or where other code has parsed it or is reading it
 *
 * @example
 * ```ts
 * const body = await readJsonBody(request.body ?? [], request.headers.get("content-type"));
 * ```
 */
export async function readJsonBody(chunks: BodyChunks, contentType: string | null | undefined): Promise<unknown> {
  requireJson(contentType);
  const text = await readText("readJsonBody", chunks);
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw createBodyError(); // The parser's own error would quote the body.
  }
}

/** An unparsed body. */
export type BodyChunks = AsyncIterable<Uint8Array | ArrayBuffer | string> | Iterable<Uint8Array | ArrayBuffer | string>;

/**
 * Reads the text of an unparsed body, of at most 64 KiB.
 *
 * @param reader - the function that got the body, which messages name
 */
export async function readText(reader: string, chunks: BodyChunks): Promise<string> {
  checkUnread(reader, chunks);
  const body = readUntilBroken(chunks);
  try {
    return await collectText(reader, body);
  } catch (error) {
    void discardRest(body, chunks);
    throw error;
  }
}

const BROKEN = Symbol("the client broke the body off");

async function collectText(reader: string, body: AsyncGenerator<unknown>): Promise<string> {
  const kept: Uint8Array[] = [];
  let length = 0;
  // Not `for await`, which closes the body when this throws.
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    if (next.value === BROKEN) throw createBodyError();
    const bytes = toBytes(reader, next.value);
    length += bytes.length;
    if (length > MAX_BODY_BYTES) throw new AuthError("body_too_large");
    kept.push(bytes);
  }
  return new TextDecoder().decode(Buffer.concat(kept)); // This decoder skips a byte order mark.
}

/**
 * Reads the rest of a refused body, as Node does with a body that nobody reads. The client's next request comes after
 * it on the same connection.
 */
async function discardRest(body: AsyncGenerator<unknown>, chunks: BodyChunks): Promise<void> {
  for (let left = countDiscarded(chunks); left > 0; left -= 1) {
    if ((await body.next()).done === true) return;
  }
  await body.return(undefined);
}

const MAX_DISCARDED_CHUNKS = 64;

/** How many chunks are discarded at most. Node ends a request that takes too long, but a web stream may be endless. */
function countDiscarded(chunks: BodyChunks): number {
  const { getReader, [Symbol.asyncIterator]: iterate } = chunks as Partial<ReadableStream & AsyncIterable<unknown>>;
  if (getReader !== undefined) return MAX_DISCARDED_CHUNKS;
  return iterate === undefined ? 0 : Number.POSITIVE_INFINITY;
}

function createBodyError(): AuthError {
  return new AuthError("malformed_body");
}

/** Gives the chunks of a body, and `BROKEN` where it breaks off, which is not an error of the server. */
async function* readUntilBroken<T>(chunks: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T | typeof BROKEN> {
  try {
    yield* chunks;
  } catch {
    yield BROKEN;
  }
}

const TAKES = "give request.body ?? [], or req.iterator() of Node";

function checkUnread(reader: string, chunks: unknown): void {
  const body = (chunks ?? {}) as Partial<AsyncIterable<unknown> & Iterable<unknown> & { readonly locked: boolean }>;
  const iterate = body[Symbol.asyncIterator] ?? body[Symbol.iterator];
  assert(typeof iterate === "function", `${reader} takes a body that can be iterated: ${TAKES}`);
  assert(body.locked !== true, `somebody else reads the body: give ${reader} the body unread`);
}

function toBytes(reader: string, chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  assert(
    Object.prototype.toString.call(chunk) === "[object ArrayBuffer]",
    `a body has chunks of bytes or text: give ${reader} the body before anything parses it`,
  );
  return new Uint8Array(chunk as ArrayBuffer);
}
