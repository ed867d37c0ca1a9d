import { computeDigest } from "../core/digest.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import type { AuthRequest } from "../guard/request.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { type FlowHandler, rejectWithErrors } from "./handler.ts";
import type { AdapterRequest } from "./request.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** How a document is published that anybody may read. */
export interface PublishOptions {
  /**
   * How long caches and clients may keep the answer, the `max-age` of its `Cache-Control`. `"10m"` by default. A change
   * is known everywhere after that time, so publish a key at least that long before it signs.
   */
  readonly maxAge?: Duration;
}

const OPTIONS: OptionNames<PublishOptions> = { maxAge: "optional" };
const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Makes the handler of a document that anybody may read, and caches may keep. It answers `GET` and `HEAD` with JSON and
 * a strong `ETag` of its content, 304 to who has it already (RFC 9110 §13.1.2), and 405 to every other method.
 *
 * @param read - gives the document. The same object must not change: its text is hashed once.
 */
export function publishDocument(
  owner: string,
  read: () => object | Promise<object>,
  options: PublishOptions,
): FlowHandler {
  checkOptions(owner, options, OPTIONS);
  const { maxAge = "10m" } = options;
  const caching = `public, max-age=${toSeconds(`${owner}: maxAge`, maxAge, 0)}`;
  let tagged = { document: null as object | null, tag: "" };
  return rejectWithErrors(async (request) => {
    if (!READING.has(readMethod(request))) return NOT_ALLOWED;
    const document = await read();
    if (tagged.document !== document) tagged = { document, tag: `"${computeDigest(JSON.stringify(document))}"` };
    const headers = { "Cache-Control": caching, ETag: tagged.tag };
    return isKnown(tagged.tag, request.header("if-none-match"))
      ? { status: 304, headers, cookies: [], body: null }
      : { status: 200, headers, cookies: [], body: document };
  });
}

const NOT_ALLOWED: AdapterResponse = {
  status: 405,
  headers: { Allow: "GET, HEAD", ...NO_STORE },
  cookies: [],
  body: { error: "method_not_allowed", message: "Send GET or HEAD" },
};

/** Reads the method. Where an adapter tells of nothing but a header, it has looked at the method itself. */
function readMethod({ authRequest }: AdapterRequest): string {
  const { method = "GET" } = (authRequest() ?? {}) as Partial<AuthRequest>;
  return method;
}

/** Tells whether the client has what a tag names. Tags are compared weakly here (RFC 9110 §13.1.2). */
function isKnown(tag: string, header: string | null | undefined): boolean {
  const tags = header?.split(",").map((it) => it.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(tag) || header?.trim() === "*";
}
