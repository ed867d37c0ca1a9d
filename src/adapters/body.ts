import type { IncomingHttpHeaders } from "node:http";
import { AuthError } from "../core/errors.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** Whether a Content-Type is JSON's. */
export function isJson(contentType: string): boolean {
  return JSON_TYPE.test(contentType);
}

/**
 * Whether a Node request has a body: its headers say so (RFC 9112 §6.3), or a parser found one, where HTTP/2 or a bridge to
 * another kind of server needs no such header.
 */
export function hasBody(headers: IncomingHttpHeaders, body: unknown): boolean {
  return Number(headers["content-length"]) > 0 || headers["transfer-encoding"] !== undefined || isFilled(body);
}

/** What a framework's parser made of the body, or 415 where there was a body that no parser took for an object. */
export function parsedBody(body: unknown, contentType: string | undefined): unknown {
  if (!isFilled(body) && contentType !== undefined && !isJson(contentType)) {
    throw new AuthError("unsupported_media_type");
  }
  return body;
}

function isFilled(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.keys(body).length > 0;
}

/** The configuration error of a route without a body parser. */
export function missingParser(framework: string, parser: string): TypeError {
  return new TypeError(`nothing parsed the body; put ${parser} in front of it (${framework})`);
}
