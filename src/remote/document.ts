import { isSecureUrl } from "../core/http/loopback.ts";
import { MAX_DOCUMENT_BYTES, MAX_REDIRECTS } from "../shared/limits.ts";
import { abandon, withTimeout } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { isFilled } from "../shared/text.ts";
import { nameUrl } from "./url.ts";

/** The request that a {@link Fetch} gets, with the names of the Fetch standard. */
export interface FetchInit {
  /** The HTTP method. */
  readonly method: "GET" | "POST";
  /** The header fields. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a POST. */
  readonly body?: string;
  /** A redirect must be returned and not followed: hallpass itself follows it within the same origin. */
  readonly redirect: "manual";
  /** Aborted when the time is over. */
  readonly signal: AbortSignal;
}

/** The part of the answer of a {@link Fetch} that is read. */
export interface FetchAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The header fields. */
  readonly headers: {
    /** Gives a header's value. */
    get(name: string): string | null;
  };
  /** The body, as a stream of bytes. */
  readonly body?: unknown;
}

/**
 * A function like the global `fetch`, which is the default. Give one of your own to go through a proxy, or to show a
 * client certificate.
 */
export type Fetch = (url: string, init: FetchInit) => PromiseLike<FetchAnswer>;

/** How a document is fetched. */
export interface DocumentRequest {
  readonly fetch: Fetch;
  /** How long headers and body may take together, in milliseconds. */
  readonly timeoutMs: number;
  /** The most bytes of the body, after any decompression. 65,536 by default. */
  readonly maxBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body makes the request a POST, which follows no redirect. */
  readonly body?: string;
}

/** A document that was fetched. */
export interface FetchedDocument {
  readonly text: string;
  readonly headers: FetchAnswer["headers"];
}

/** The answer had another status than 200. */
class StatusError extends Error {
  readonly status: number;

  constructor(name: string, status: number) {
    super(`${name} answered ${status}`);
    this.status = status;
  }
}

/**
 * Fetches a document of UTF-8 text. There is a limit on the time for headers and body together, and on the bytes after
 * decompression. Redirects to another origin are refused.
 *
 * @throws Error when it can't be fetched; the message says why, and holds nothing of the document
 */
export async function fetchDocument(url: URL, request: DocumentRequest): Promise<FetchedDocument> {
  const controller = new AbortController();
  try {
    return await withTimeout(nameUrl(url), request.timeoutMs, follow(url, request, controller.signal));
  } finally {
    controller.abort(); // Ends what is still running after a timeout.
  }
}

async function follow(url: URL, request: DocumentRequest, signal: AbortSignal): Promise<FetchedDocument> {
  const { fetch, headers = {}, body, maxBytes = MAX_DOCUMENT_BYTES } = request;
  const method = body === undefined ? "GET" : "POST";
  const init: FetchInit = { method, headers, ...(body !== undefined && { body }), redirect: "manual", signal };
  let from = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await sendRequest(fetch, from, init);
    if (answer.status === 200) return { text: await readBody(from, answer, maxBytes), headers: answer.headers };
    discard(answer.body);
    if (!isRedirect(answer) || method === "POST") throw new StatusError(nameUrl(from), answer.status);
    from = findTarget(from, answer);
  }
  throw new Error(`${nameUrl(url)} redirects more than ${MAX_REDIRECTS} times`);
}

/**
 * Sends a request. Its error names the address and the reason: the global fetch only says "fetch failed", and has the
 * reason in its `cause`.
 */
async function sendRequest(fetch: Fetch, url: URL, init: FetchInit): Promise<FetchAnswer> {
  try {
    return await fetch(url.href, init);
  } catch (cause) {
    const code = readMark(readMark(cause, "cause"), "code") ?? readMark(cause, "code");
    const reason = isFilled(code) ? `: ${code}` : "";
    throw new Error(`${nameUrl(url)} can't be fetched${reason}`, { cause });
  }
}

function isRedirect({ status }: FetchAnswer): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function findTarget(from: URL, { headers }: FetchAnswer): URL {
  const location = headers.get("location") ?? "";
  const target = location !== "" && URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (target === null) throw new Error(`${nameUrl(from)} redirects to no address`);
  if (target.origin !== from.origin || !isSecureUrl(target)) {
    throw new Error(`${nameUrl(from)} redirects to another origin; give the address that it leads to`);
  }
  if (target.username !== "" || target.password !== "") {
    throw new Error(`${nameUrl(from)} redirects to an address with a user's name and password`);
  }
  return target;
}

/** A body: a stream of the Fetch standard, or one of Node's own. */
interface Body extends AsyncIterable<Uint8Array> {
  cancel?(): PromiseLike<void>;
}

/** Ends a body that nobody reads, so that its connection is free. */
function discard(body: unknown): void {
  abandon((body as Body | null | undefined)?.cancel?.());
}

async function readBody(from: URL, { headers, body }: FetchAnswer, maxBytes: number): Promise<string> {
  const createLengthError = (): Error => new Error(`${nameUrl(from)} answered with more than ${maxBytes} bytes`);
  const stream = body as Body | null | undefined;
  if (typeof stream?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`${nameUrl(from)}: fetch must give a body that can be read piece by piece`);
  }
  if (Number(headers.get("content-length")) > maxBytes) {
    discard(body);
    throw createLengthError();
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.byteLength;
    // Pieces that are not bytes make it NaN. The error ends the stream, too.
    if (!(bytes <= maxBytes)) throw createLengthError();
    pieces.push(piece);
  }
  return decodeBody(from, Buffer.concat(pieces));
}

function decodeBody(from: URL, bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${nameUrl(from)} answered with bytes that are no UTF-8`);
  }
}
