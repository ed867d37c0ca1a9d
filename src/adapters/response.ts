import type { ServerResponse } from "node:http";
import type { AuthError } from "../core/errors.ts";

/** The answer to a request, whatever sends it. */
export interface AdapterResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Headers, which replace others of the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`. Each is a header of its own, beside those that the application has set. */
  readonly cookies: readonly string[];
  /** The body: an object is sent as JSON, a string as text of the type that the headers say; `null` for none. */
  readonly body: object | string | null;
}

/** A token or a refusal is for one client at one time, so no cache may keep it (RFC 6749 §5.1). */
export const NO_STORE: Readonly<Record<string, string>> = { "Cache-Control": "no-store" };

/**
 * Makes the answer to a refusal: the error's status and headers, and `{ error, message }` as JSON.
 *
 * @example
 * ```ts
 * sendNodeResponse(res, formatRefusal(new AuthError("missing_token")));
 * ```
 */
export function formatRefusal(error: AuthError): AdapterResponse {
  const { "Set-Cookie": cookie, ...headers } = error.headers;
  return {
    status: error.status,
    headers: { ...headers, ...NO_STORE },
    cookies: cookie === undefined ? [] : [cookie],
    body: error.toJSON(),
  };
}

/**
 * Sends an answer through Node's response, or one that extends it, such as Express's.
 *
 * @example
 * ```ts
 * sendNodeResponse(res, await handleLogin(auth)(request));
 * ```
 */
export function sendNodeResponse(res: ServerResponse, response: AdapterResponse): void {
  const { status, headers, cookies, body } = response;
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  for (const cookie of cookies) res.appendHeader("Set-Cookie", cookie);
  if (body === null) {
    res.end();
    return;
  }
  const isText = typeof body === "string";
  const text = isText ? body : JSON.stringify(body);
  if (!isText) res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(text));
  res.end(text);
}
