import type { IncomingHttpHeaders } from "node:http";
import { createRequestError } from "../core/errors.ts";
import type { AuthorizationHeader, AuthRequest } from "../guard/request.ts";
import { hasBody } from "./body.ts";

/**
 * What hallpass reads of an HTTP request, wherever it comes from: a framework, a runtime, or an event of a cloud
 * provider. Each function is called when its answer is needed, and not before.
 */
export interface AdapterRequest {
  /**
   * Reads a header by its name in lower case. `"host"` is the host that the client asked for: `:authority` in HTTP/2.
   */
  readonly header: (name: string) => string | null | undefined;
  /** Gives what a guard gets: the request, or its Authorization headers if there is nothing else. */
  readonly authRequest: () => AuthRequest | AuthorizationHeader;
  /**
   * Gives the client's address; `undefined` if it is unknown. A throttle counts by it. The method of the authenticator
   * calls it, so that `onOutage` is called if it throws an `AuthError` of 503.
   */
  readonly ip: () => string | undefined;
  /** Tells whether the client sent a body. */
  readonly hasBody: () => boolean;
  /** Gives the parsed body or a promise of it; anything but an object counts as no credentials. */
  readonly body: () => unknown;
  /** Gives the parsed form or a promise of it. Only `handleIntrospect` and `handleRevoke` ask for it. */
  readonly form?: () => unknown;
}

/** The members of a Node request that hallpass reads. `rawHeaders` may be missing where a test made the request up. */
export interface NodeHeaders {
  /** The method. */
  readonly method?: string | undefined;
  /** The path with its query. */
  readonly url?: string | undefined;
  /** The URL as the client sent it, where a router strips the path of its mount from `url`. */
  readonly originalUrl?: string | undefined;
  /** The headers, as changed by the handlers before. */
  readonly headers: IncomingHttpHeaders;
  /** The headers as the client sent them, names and values alternating. */
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
  /**
   * What a body parser made of the body, if one ran. It shows that there is a body where the headers don't, as in
   * HTTP/2.
   */
  readonly parsed?: unknown;
}

/**
 * Makes an {@link AdapterRequest} from a Node request.
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
    header: (name) => readNodeHeader(request.headers, name),
    authRequest: () => request,
    ip: () => ip() || refuseAbsentClient(request),
    hasBody: () => hasBody(request.headers, parsed),
    body,
    ...(form !== undefined && { form }),
  };
}

/**
 * Refuses a request whose client has disconnected, which loses its address. Nobody reads the answer. An outage would be
 * reported to `onOutage`, so that any client could raise alarms.
 */
function refuseAbsentClient({ socket }: NodeHeaders): undefined {
  // A connection that was reset still has the server's address, and a Unix socket has none at either end.
  const hasGone = socket?.destroyed || socket?.localAddress;
  if (hasGone) throw createRequestError("the client has gone");
}

/** Reads a header. In HTTP/2 the host is in `:authority`, which counts before Host (RFC 9113 §8.3.1). */
function readNodeHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  return (name === "host" ? (headers[":authority"] ?? headers.host) : headers[name]) as string | undefined;
}
