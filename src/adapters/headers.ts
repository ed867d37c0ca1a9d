import type { IncomingHttpHeaders } from "node:http";
import type { AuthorizationHeader } from "../guard/guard.ts";

const NAME = "authorization";

/**
 * The Authorization header of a Node request, as the handlers in front have left it: what they deleted, rewrote or set counts.
 * The headers as they came in only tell whether there were several, of which Node shows the first, or all in one line: then
 * all of them, unless a handler has put another in their place.
 */
export function authorizationOf(headers: IncomingHttpHeaders, rawHeaders: readonly string[] = []): AuthorizationHeader {
  const value: AuthorizationHeader = headers[NAME];
  if (value === undefined) return value;
  const sent: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === NAME.length && name.toLowerCase() === NAME) sent.push(rawHeaders[at + 1] as string);
  }
  return sent.length > 1 && (value === sent[0] || value === sent.join(", ")) ? sent : value;
}

/** A header of a Node request. In HTTP/2 the host is in `:authority`, which counts before Host (RFC 9113 §8.3.1). */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  return (name === "host" ? (headers[":authority"] ?? headers.host) : headers[name]) as string | undefined;
}
