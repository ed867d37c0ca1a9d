import { createRequestError } from "../core/errors.ts";
import { isThenable, refusePromise } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { areStrings } from "../shared/text.ts";

/** An Authorization header as a framework has it: one, several, or none. */
export type AuthorizationHeader = string | readonly string[] | null | undefined;

/** Headers as Node, a cloud provider or Fetch has them. */
export type RequestHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | {
      /** Reads a header, as Fetch's `Headers` do. */
      get(name: string): string | null;
    };

/**
 * What a guard reads of a request. Node's requests and those of frameworks fit as they are, and so does Fetch's
 * `Request`. From anything else, such as a Lambda event or a handshake of Socket.IO, make an object with these members.
 *
 * @example
 * ```ts
 * const identity = await guard.authenticate({ method: event.httpMethod, url: event.path, headers: event.headers });
 * ```
 */
export interface AuthRequest {
  /** The method. Unless it is `GET` or `HEAD`, a cookie is only taken from a trusted origin. */
  readonly method?: string | undefined;
  /** The path with its query, or the whole URL. */
  readonly url?: string | undefined;
  /** The URL as the client sent it, where a router strips the path of its mount from `url`. */
  readonly originalUrl?: string | undefined;
  /** The headers, as changed by the handlers before. Names may be in any case. */
  readonly headers: RequestHeaders;
  /** The headers as the client sent them, names and values alternating. They show whether a header was sent twice. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The client's address, for rate limits by address. */
  readonly ip?: string | undefined;
  /** Node's request, where the framework wraps it. */
  readonly raw?:
    | {
        /** The headers as the client sent them. */
        readonly rawHeaders?: readonly string[] | undefined;
      }
    | undefined;
}

/**
 * The property of a request that holds its exchange, the object that identifies the HTTP request. Entries of the
 * package have copies of this file, which share a registered symbol.
 */
const EXCHANGE = Symbol.for("hallpass.exchange");

/**
 * Marks a request with its exchange: objects with the same exchange are views of one HTTP request. Only adapters can
 * know that. Without the mark, the second of two equal requests may be a replay.
 */
export function markExchange<Request>(request: Request, exchange: unknown): Request {
  if (typeof request !== "object" || request === null) return request; // A bare header can't be marked.
  try {
    (request as { [EXCHANGE]?: unknown })[EXCHANGE] = exchange;
  } catch {
    // A frozen object stays unmarked. Assigning takes a tenth of the time of Reflect.set, and every request comes here.
  }
  return request;
}

/** Finds the exchange of a request: the object that it was marked with, else the request itself. */
export function findExchange(of: unknown): unknown {
  return readMark(of, EXCHANGE) ?? of;
}

/** The members of a request that hold its headers. */
export type HeadersOfRequest = Pick<AuthRequest, "headers" | "rawHeaders" | "raw">;

/**
 * Tells whether a value is a request, by its headers. A list or a promise in their place would look like no headers at
 * all.
 */
function isRequest(value: unknown): value is AuthRequest {
  const headers = (value as Partial<AuthRequest> | null | undefined)?.headers;
  return typeof headers === "object" && headers !== null && !Array.isArray(headers) && !isThenable(headers);
}

const REMEDY =
  "a guard takes a request, { method, url, headers }, or an Authorization header, as a string, a list of strings, " +
  "undefined or null";

/**
 * Reads the Authorization header of what a guard is given: a request, or the header itself. Changes by the handlers
 * before count. If the client sent several, Node's `headers` has the first, or all in one line. `rawHeaders` shows that
 * there were several, and then all of them are returned, unless a handler has replaced them.
 *
 * @throws TypeError for what is neither a request nor a header
 *
 * @example
 * ```ts
 * const identity = await guard.authenticate(readAuthorization(req));
 * ```
 */
export function readAuthorization(given: HeadersOfRequest | AuthorizationHeader): AuthorizationHeader {
  if (typeof given === "string" || given === undefined || given === null) return given;
  if (isRequest(given)) return findAuthorization(given);
  if (areStrings(given)) return given;
  for (const it of [given, (given as Partial<AuthRequest>).headers].flat()) refusePromise("what a guard was given", it);
  throw new TypeError(REMEDY);
}

const AUTHORIZATION = "authorization";

/** Finds the Authorization header of a request. */
function findAuthorization(request: HeadersOfRequest): AuthorizationHeader {
  const rawHeaders = request.rawHeaders ?? request.raw?.rawHeaders;
  const isNodes = rawHeaders !== undefined && typeof request.headers.get !== "function";
  if (!isNodes) return readRequestHeader(request, AUTHORIZATION);
  const value = (request.headers as Readonly<Record<string, AuthorizationHeader>>)[AUTHORIZATION];
  if (value === undefined) return value;
  const sent: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const isIt = name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION;
    if (isIt) sent.push(rawHeaders[at + 1] as string);
  }
  return sent.length > 1 && (value === sent[0] || value === sent.join(", ")) ? sent : value;
}

/**
 * Reads a header by its name in lower case. Node has the names in lower case, and other requests may have them in any
 * case. Several headers of one name are a list.
 */
function readRequestHeader(request: HeadersOfRequest, name: string): string | readonly string[] | undefined {
  const { headers } = request;
  if (typeof headers.get === "function")
    return (headers as { get(name: string): string | null }).get(name) ?? undefined;
  const all = headers as Readonly<Record<string, string | readonly string[] | undefined>>;
  if ((request.rawHeaders ?? request.raw?.rawHeaders) !== undefined) return all[name];
  const found: string[] = [];
  for (const [key, value] of Object.entries(all)) {
    if (value !== undefined && key.toLowerCase() === name) found.push(...[value].flat());
  }
  return found.length > 1 ? found : found[0];
}

/** A request as a {@link Credential} reads it. */
export class CredentialRequest {
  /** The method in upper case; `null` if unknown. */
  readonly method: string | null;
  /** The path with its query, or the whole URL, as the client sent it; `null` if unknown. */
  readonly url: string | null;
  /** The client's address; `null` if unknown. */
  readonly ip: string | null;
  /**
   * Identifies the HTTP request: the same object each time that an adapter passes the same HTTP request to a guard.
   * `null` without an adapter.
   */
  readonly exchange: object | null;
  readonly #request: HeadersOfRequest;
  #authorization: { readonly value: AuthorizationHeader } | undefined;

  constructor(request: AuthRequest) {
    const { method, url, originalUrl = url, ip, headers, rawHeaders, raw } = request;
    this.method = typeof method === "string" ? method.toUpperCase() : null;
    this.url = typeof originalUrl === "string" ? originalUrl : null;
    this.ip = typeof ip === "string" ? ip : null;
    this.exchange = (readMark(request, EXCHANGE) as object | undefined) ?? null;
    this.#request = { headers, rawHeaders, raw };
  }

  /**
   * Reads the Authorization header; `null` where there is none.
   *
   * @throws AuthError `invalid_request` (400) where there are several
   */
  authorization(): string | null {
    // This is cached: several credentials look here, and the list of raw headers is read from end to end.
    this.#authorization ??= { value: readAuthorization(this.#request) };
    return takeOne("Authorization", this.#authorization.value);
  }

  /**
   * Reads a header by its name in lower case; `null` where there is none. `"host"` is the host that the client asked
   * for: `:authority` in HTTP/2 (RFC 9113 §8.3.1).
   *
   * @throws AuthError `invalid_request` (400) where there are several
   */
  header(name: string): string | null {
    const authority = name === "host" ? this.#read(":authority") : undefined;
    return takeOne(name, authority ?? this.#read(name));
  }

  /** Reads the values of a parameter of the query. */
  query(name: string): readonly string[] {
    const at = this.url?.indexOf("?") ?? -1;
    return at === -1 ? [] : new URLSearchParams(this.url?.slice(at).split("#", 1)[0]).getAll(name);
  }

  #read(name: string): string | readonly string[] | undefined {
    return name.startsWith(":") && typeof this.#request.headers.get === "function"
      ? undefined // Fetch's Headers throw for such a name.
      : readRequestHeader(this.#request, name);
  }
}

/**
 * Turns what a guard was given into the request that credentials read. A bare header becomes a request with nothing
 * else.
 */
export function toCredentialRequest(given: AuthRequest | AuthorizationHeader): CredentialRequest {
  if (isRequest(given)) return new CredentialRequest(given);
  const authorization = readAuthorization(given) ?? undefined;
  return new CredentialRequest({ method: "GET", headers: { authorization } });
}

/**
 * Takes the one value of a header.
 *
 * @throws AuthError `invalid_request` (400) where there are several
 * @throws TypeError for a promise
 */
export function takeOne(name: string, value: AuthorizationHeader): string | null {
  if (typeof value === "string" || !value) return value ?? null;
  const [one = null, ...others] = [value].flat();
  if (others.length > 0) throw createRequestError(`several ${name} headers`);
  refusePromise(`the header ${name}`, one);
  return one;
}
