import type { IncomingHttpHeaders } from "node:http";
import { AuthError } from "../core/errors.ts";
import type { AuthorizationHeader } from "../guard/guard.ts";
import { hasBody } from "./body.ts";

/**
 * What hallpass reads of an HTTP request, whatever brought it: a framework, a runtime, or an event of a cloud provider.
 * Each function is called when its answer is needed, and not before.
 */
export interface AdapterRequest {
  /**
   * Reads a header by its name in lower case. `"host"` is the host that the client asked for: `:authority` in HTTP/2.
   */
  readonly header: (name: string) => string | null | undefined;
  /** Reads the Authorization header. Where the client sent several, it gives all of them, so that they are refused. */
  readonly authorization: () => AuthorizationHeader;
  /**
   * Tells the client's address; `undefined` where that is not known. A throttle counts by it. It is called within the
   * verb, so `onOutage` is told where it throws an `AuthError` of 503.
   */
  readonly ip: () => string | undefined;
  /** Tells whether the client sent a body. */
  readonly hasBody: () => boolean;
  /** Gives the parsed body or a promise of it; anything but an object counts as no credentials. */
  readonly body: () => unknown;
}

/** What a Node request has that hallpass reads. `rawHeaders` may be missing where a request was made up for a test. */
export interface NodeHeaders {
  /** The headers, as the handlers in front have left them. */
  readonly headers: IncomingHttpHeaders;
  /** The headers as the client sent them, name and value in turn. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The connection. It has lost the client's address once the client has gone. */
  readonly socket?:
    | {
        /** Whether the connection is closed. */
        readonly destroyed?: boolean;
        /** The server's own address; `undefined` on a Unix socket. */
        readonly localAddress?: string | undefined;
      }
    | null
    | undefined;
}

/** A framework's request: it is Node's own, or has that in `raw`. */
export interface FrameworkRequest extends NodeHeaders {
  /** Node's request. */
  readonly raw?: Omit<NodeHeaders, "headers"> | undefined;
}

/** Picks what hallpass reads of a framework's request: its headers, and what only Node's request has. */
export function pickHeaders(request: FrameworkRequest): NodeHeaders {
  const { rawHeaders, socket } = request.raw ?? request;
  return { headers: request.headers, rawHeaders, socket };
}

/** What a framework adds to a Node request. */
export interface NodeRequestParts extends Pick<AdapterRequest, "ip" | "body"> {
  /** What a body parser made of the body, if one ran. It tells of a body where the headers don't, as in HTTP/2. */
  readonly parsed?: unknown;
}

/**
 * Makes an {@link AdapterRequest} of a Node request.
 *
 * @example
 * ```ts
 * const request = readNodeRequest(req, {
 *   ip: () => req.socket.remoteAddress,
 *   body: () => readJsonBody(req.iterator({ destroyOnReturn: false }), req.headers["content-type"]),
 * });
 * ```
 */
export function readNodeRequest(request: NodeHeaders, parts: NodeRequestParts): AdapterRequest {
  const { ip, body, parsed } = parts;
  return {
    header: (name) => readHeader(request.headers, name),
    authorization: () => readAuthorization(request),
    ip: () => ip() || refuseAbsentClient(request),
    hasBody: () => hasBody(request.headers, parsed),
    body,
  };
}

/**
 * Refuses a request whose client has gone, and with it its address. Nobody reads the answer; as an outage it would be
 * told to `onOutage`, so that any client could raise alarms.
 */
function refuseAbsentClient({ socket }: NodeHeaders): undefined {
  // A connection that was reset has its own address still, and a Unix socket has none at either end.
  const hasGone = socket?.destroyed || socket?.localAddress;
  if (hasGone) throw new AuthError("invalid_request", { cause: new Error("the client has gone") });
}

const AUTHORIZATION = "authorization";

/**
 * Reads the Authorization header of a Node request. What handlers in front deleted, rewrote or set counts. Node's
 * `headers` shows the first of several, or all in one line. `rawHeaders` tells that there were several, and then all of
 * them are given, unless a handler has put another one in their place.
 *
 * @example
 * ```ts
 * const identity = await guard.authenticate(readAuthorization(req));
 * ```
 */
export function readAuthorization(request: NodeHeaders): AuthorizationHeader {
  const { headers, rawHeaders = [] } = request;
  const value: AuthorizationHeader = headers[AUTHORIZATION];
  if (value === undefined) return value;
  const sent: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const isIt = name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION;
    if (isIt) sent.push(rawHeaders[at + 1] as string);
  }
  return sent.length > 1 && (value === sent[0] || value === sent.join(", ")) ? sent : value;
}

/** Reads a header. In HTTP/2 the host is in `:authority`, which counts before Host (RFC 9113 §8.3.1). */
function readHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  return (name === "host" ? (headers[":authority"] ?? headers.host) : headers[name]) as string | undefined;
}
