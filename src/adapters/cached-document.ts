import type { AuthRequest } from "../guard/request.ts";
import type { AdapterRequest } from "./request.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** A document that anybody may read, and caches may keep. */
export interface CachedDocument {
  /** Its text. */
  readonly text: string;
  readonly contentType: string;
  /** A strong tag of its content (RFC 9110 §8.8.3), with its quotes. */
  readonly etag: string;
  /** For how many seconds caches may keep it. */
  readonly maxAge: number;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** The answer to another method than `GET` and `HEAD`. */
const NOT_ALLOWED: AdapterResponse = {
  status: 405,
  headers: { Allow: "GET, HEAD", ...NO_STORE },
  cookies: [],
  body: { error: "method_not_allowed", message: "Send GET or HEAD" },
};

/** The answer where there is no such document. */
const NOT_FOUND: AdapterResponse = {
  status: 404,
  headers: NO_STORE,
  cookies: [],
  body: { error: "not_found", message: "There is no such document" },
};

/**
 * Answers a request with a document: 304 to a client that has it already (RFC 9110 §13.1.2), 405 to another method than
 * `GET` and `HEAD`, and 404 where there is none.
 *
 * @param find - gives the document of a request; `null` where there is none
 */
export async function answerDocument(
  request: AdapterRequest,
  find: () => Promise<CachedDocument | null>,
): Promise<AdapterResponse> {
  if (!SAFE_METHODS.has(readMethodAndUrl(request).method ?? "GET")) return NOT_ALLOWED;
  const document = await find();
  if (document === null) return NOT_FOUND;
  const { text, contentType, etag, maxAge } = document;
  const headers = { "Cache-Control": `public, max-age=${maxAge}`, ETag: etag };
  if (isKnown(etag, request.header("if-none-match"))) return { status: 304, headers, cookies: [], body: null };
  return { status: 200, headers: { ...headers, "Content-Type": contentType }, cookies: [], body: text };
}

/** Reads the method and the URL. An adapter that passes nothing but a header has checked both itself. */
export function readMethodAndUrl({ authRequest }: AdapterRequest): Pick<AuthRequest, "method" | "url"> {
  const given = authRequest();
  return typeof given === "object" && given !== null && "headers" in given ? given : {};
}

/** Tells whether the client has the document with this tag. Tags are compared weakly here (RFC 9110 §13.1.2). */
function isKnown(etag: string, header: string | null | undefined): boolean {
  const tags = (header ?? "").split(",").map((it) => it.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
