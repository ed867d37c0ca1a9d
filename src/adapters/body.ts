import type { IncomingMessage } from "node:http";
import { AuthError } from "../core/errors.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** Whether a Content-Type is JSON's. */
export function isJson(contentType: string): boolean {
  return JSON_TYPE.test(contentType);
}

/** Whether a Node request has a body (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers["content-length"]) > 0 || headers["transfer-encoding"] !== undefined;
}

/** What a framework's parser made of the body, or 415 where there was a body that no parser took for an object. */
export function parsedBody(body: unknown, contentType: string | undefined): unknown {
  const isFilled = typeof body === "object" && body !== null && Object.keys(body).length > 0;
  if (!isFilled && contentType !== undefined && !isJson(contentType)) throw new AuthError("unsupported_media_type");
  return body;
}

/** The configuration error of a route without a body parser. */
export function missingParser(framework: string, parser: string): TypeError {
  return new TypeError(`nothing parsed the body; put ${parser} in front of it (${framework})`);
}
