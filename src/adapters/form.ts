import { AuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { type BodyChunks, hasMembers, readText } from "./body.ts";

import type { AdapterRequest } from "./request.ts";

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** A form: a name that comes several times has a list. */
export type Form = Readonly<Record<string, string | readonly string[]>>;

/**
 * Reads a form from an unparsed body: a web stream or a Node request. For a Node request, pass
 * `req.iterator({ destroyOnReturn: false })`, so that an answer can be sent when the body is too long.
 *
 * @param chunks - the body as bytes, text or both
 * @throws AuthError `unsupported_media_type` (415) where the body's type is not that of a form; `malformed_body` (400)
 * where the client broke it off; `body_too_large` (413) where it has more than 64 KiB
 * @throws TypeError where `chunks` is not a body, or where other code has parsed it or is reading it
 *
 * @example
 * ```ts
 * const form = await readFormBody(request.body ?? [], request.headers.get("content-type"));
 * ```
 */
export async function readFormBody(chunks: BodyChunks, contentType: string | null | undefined): Promise<Form> {
  requireForm(contentType);
  return parseForm(await readText("readFormBody", chunks));
}

/** Parses the text of a form. */
export function parseForm(text: string): Form {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values] as const),
  ) as Form;
}

/** The members of a Node request that show whether its body was read. */
interface Unread {
  readonly readableDidRead?: boolean;
  iterator?(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
}

/**
 * Takes the form that a framework's parser left. If no parser ran, the body is read here.
 *
 * @param parsed - what the parser left
 * @param request - Node's request
 */
export async function takeForm(
  parsed: unknown,
  request: object | undefined,
  contentType: string | undefined,
): Promise<unknown> {
  requireForm(contentType);
  if (hasMembers(parsed)) return parsed;
  if (typeof parsed === "string") return parseForm(parsed);
  const { readableDidRead, iterator } = (request ?? {}) as Unread;
  if (readableDidRead !== false || iterator === undefined) return {};
  return readFormBody(iterator.call(request, { destroyOnReturn: false }), contentType);
}

/** Reads one parameter of a form; `null` unless it is there exactly once, as text (RFC 6749 §3.2). */
function readParameter(form: unknown, name: string): string | null {
  const isThere = typeof form === "object" && form !== null && Object.hasOwn(form, name);
  const value: unknown = isThere ? (form as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

function requireForm(contentType: string | null | undefined): void {
  if (typeof contentType !== "string" || !FORM_TYPE.test(contentType)) throw new AuthError("unsupported_media_type");
}

/**
 * Reads the token that a request of an OAuth endpoint is about. A `token_type_hint` is not needed: the token itself
 * shows its kind (RFC 7662 §2.1, RFC 7009 §2.1). It is `null` unless there is exactly one token.
 *
 * @throws TypeError where the adapter reads no forms
 */
export async function readTokenParameter({ form }: AdapterRequest): Promise<string | null> {
  assert(form !== undefined, "this adapter reads no forms: give form: () => readFormBody(…) beside body");
  return readParameter(await form(), "token");
}
