import type { IncomingHttpHeaders } from "node:http";
import { AuthError } from "../core/errors.ts";
import type { AuthorizationHeader, AuthRequest } from "../guard/request.ts";
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
  /** Gives what a guard is asked about: the request, or its Authorization headers where it has nothing else. */
  readonly authRequest: () => AuthRequest | AuthorizationHeader;
  /**
   * Tells the client's address; `undefined` where that is not known. A throttle counts by it. It is called within the
   * verb, so `onOutage` is told where it throws an `AuthError` of 503.
   */
  readonly ip: () => string | undefined;
  /** Tells whether the client sent a body. */
  readonly hasBody: () => boolean;
  /** Gives the parsed body or a promise of it; anything but an object counts as no credentials. */
  readonly body: () => unknown;
  /** Gives the parsed form or a promise of it. Only `handleIntrospect` and `handleRevoke` ask for it. */
  readonly form?: () => unknown;
}

/** What a Node request has that hallpass reads. `rawHeaders` may be missing where a request was made up for a test. */
export interface NodeHeaders {
  /** The method. */
  readonly method?: string | undefined;
  /** The path with its query. */
  readonly url?: string | undefined;
  /** The same as the client sent it, where a router takes off of `url` what it is mounted at. */
  readonly originalUrl?: string | undefined;
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
  readonly raw?: Pick<NodeHeaders, "rawHeaders" | "socket"> | undefined;
}

/** Picks what hallpass reads of a framework's request: its headers, and what only Node's request has. */
export function pickHeaders(request: FrameworkRequest): NodeHeaders {
  const { rawHeaders, socket } = request.raw ?? request;
  const { method, url, originalUrl, headers } = request;
  return { method, url, originalUrl, headers, rawHeaders, socket };
}

/** What a framework adds to a Node request. */
export interface NodeRequestParts extends Pick<AdapterRequest, "ip" | "body" | "form"> {
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
  const { ip, body, form, parsed } = parts;
  return {
    header: (name) => readHeader(request.headers, name),
    authRequest: () => request,
    ip: () => ip() || refuseAbsentClient(request),
    hasBody: () => hasBody(request.headers, parsed),
    body,
    ...(form !== undefined && { form }),
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

/** Reads a header. In HTTP/2 the host is in `:authority`, which counts before Host (RFC 9113 §8.3.1). */
function readHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  return (name === "host" ? (headers[":authority"] ?? headers.host) : headers[name]) as string | undefined;
}
