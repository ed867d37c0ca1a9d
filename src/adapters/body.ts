import type { IncomingHttpHeaders } from "node:http";
import { AuthError } from "../core/errors.ts";
import { MAX_BODY_BYTES } from "../shared/limits.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Refuses a body that is said to be anything but JSON. A body whose type nobody said passes.
 *
 * @throws AuthError `unsupported_media_type` (415)
 */
export function requireJson(contentType: string | null | undefined): void {
  const isJson = contentType === null || contentType === undefined || JSON_TYPE.test(contentType);
  if (!isJson) throw new AuthError("unsupported_media_type");
}

/**
 * Tells whether a Node request has a body. Its headers say so (RFC 9112 §6.3), or a parser found one: HTTP/2 and
 * bridges to other kinds of servers need no such header.
 */
export function hasBody(headers: IncomingHttpHeaders, parsed: unknown): boolean {
  return Number(headers["content-length"]) > 0 || headers["transfer-encoding"] !== undefined || isFilled(parsed);
}

/**
 * Takes what a framework's parser left in `body`.
 *
 * @param remedy - what a developer should do where no parser ran, such as `"put express.json() in front of it"`
 * @throws AuthError `unsupported_media_type` (415) where the parser did not take the body for an object and it is no
 * JSON
 * @throws TypeError where no parser ran
 */
export function takeParsedBody(holder: object, contentType: string | undefined, remedy: string): unknown {
  if (!("body" in holder)) throw new TypeError(`nothing parsed the body; ${remedy}`);
  if (!isFilled(holder.body)) requireJson(contentType);
  return holder.body;
}

function isFilled(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.keys(body).length > 0;
}

/**
 * Reads JSON from a body that nobody has parsed: a web stream or a Node request. It gives `undefined` where there is no
 * JSON, or more than 64 KiB. Of a Node request take `req.iterator({ destroyOnReturn: false })`, so that an answer can
 * be sent when the body is too long.
 *
 * @throws AuthError `unsupported_media_type` (415) where the body is said to be anything but JSON
 *
 * @example
 * ```ts
 * const body = await readJsonBody(request.body ?? [], request.headers.get("content-type"));
 * ```
 */
export async function readJsonBody(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  contentType: string | null | undefined,
): Promise<unknown> {
  requireJson(contentType);
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    kept.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(kept).toString());
  } catch {
    return undefined;
  }
}
