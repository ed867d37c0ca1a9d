import { computeDigest } from "../core/digest.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { answerDocument, type CachedDocument } from "./cached-document.ts";
import { type FlowHandler, rejectWithErrors } from "./handler.ts";

/** The options of a public document. */
export interface PublishOptions {
  /**
   * How long caches and clients may keep the answer, the `max-age` of its `Cache-Control`. `"10m"` by default. A change
   * is known everywhere after that time, so publish a key at least that long before it signs.
   */
  readonly maxAge?: Duration;
}

const OPTIONS: OptionNames<PublishOptions> = { maxAge: "optional" };

/**
 * Makes the handler of a public JSON document that caches may keep: see {@link answerDocument}.
 *
 * @param read - gives the document. Its object must not change afterwards: it is serialized once.
 */
export function publishDocument(
  owner: string,
  read: () => object | Promise<object>,
  options: PublishOptions,
): FlowHandler {
  checkOptions(owner, options, OPTIONS);
  const { maxAge: given = "10m" } = options;
  const maxAge = toSeconds(`${owner}: maxAge`, given, 0);
  let written = { content: null as object | null, text: "", etag: "" };
  const find = async (): Promise<CachedDocument> => {
    const content = await read();
    if (written.content !== content) {
      const text = JSON.stringify(content);
      written = { content, text, etag: `"${computeDigest(text)}"` };
    }
    return { text: written.text, etag: written.etag, contentType: "application/json", maxAge };
  };
  return rejectWithErrors((request) => answerDocument(request, find));
}
