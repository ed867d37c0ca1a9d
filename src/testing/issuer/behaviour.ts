import { assert } from "../../shared/assert.ts";
import { isObject, isRecord } from "../../shared/object.ts";
import { checkInteger, checkOptions, type OptionNames } from "../../shared/options.ts";

/**
 * What a {@link FakeIssuer} publishes: `openid` is `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0),
 * `oauth` is `/.well-known/oauth-authorization-server` (RFC 8414), and `jwks` is the JWK Set (RFC 7517 §5).
 */
export type FakeDocument = "openid" | "oauth" | "jwks";

/** An answer of a {@link FakeIssuer}. Whatever is left out is correct. */
export interface FakeAnswer {
  /** The status. 200 by default. */
  readonly status?: number;
  /** Milliseconds until the answer begins. 0 by default. */
  readonly delayMs?: number;
  /** Headers to add to the usual ones, or to replace them. None by default. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, as text. By default the correct document. */
  readonly body?: string;
  /**
   * How many bytes the body has at least. It is filled up with spaces, which JSON allows, and sent in pieces. 0 by
   * default.
   */
  readonly bytes?: number;
  /** Whether the body is compressed with gzip, whatever the client accepts. `false` by default. */
  readonly gzip?: boolean;
}

/**
 * How a {@link FakeIssuer} can behave.
 *
 * | name | what a client meets |
 * |---|---|
 * | `well` | the right answer |
 * | `hanging` | a connection, and never an answer |
 * | `hanging-body` | the headers, and never a body |
 * | `dripping` | the right answer, one byte every 100 ms |
 * | `refused` | nobody who listens: `ECONNREFUSED` |
 * | `reset` | a connection that is reset: `ECONNRESET` |
 * | `cut-short` | half of the body, and the connection's end |
 * | `html` | a page of HTML with status 200, as a captive portal sends it |
 * | `broken-json` | JSON that breaks off |
 * | `no-set` | JSON that is neither a JWK Set nor metadata |
 * | `wrong-issuer` | metadata of another issuer; the JWK Set is right |
 * | `huge` | the right answer, followed by 100 MiB of spaces |
 * | `gzip-bomb` | the right answer, followed by 60 MiB of spaces, in less than 64 KiB of gzip |
 * | `redirect` | a redirect to another path, where the right answer is |
 * | `redirect-away` | a redirect to another origin, where the right answer is |
 * | `redirect-endlessly` | a redirect to a redirect, and so on |
 */
export type FakeBehaviour =
  | "well"
  | "hanging"
  | "hanging-body"
  | "dripping"
  | "refused"
  | "reset"
  | "cut-short"
  | "html"
  | "broken-json"
  | "no-set"
  | "wrong-issuer"
  | "huge"
  | "gzip-bomb"
  | "redirect"
  | "redirect-away"
  | "redirect-endlessly";

const MEBIBYTE = 2 ** 20;

/** The behaviours that are plain answers. The others have code of their own. */
const ANSWERS: Readonly<Record<FakeBehaviour, FakeAnswer | null>> = {
  well: {},
  hanging: null,
  "hanging-body": null,
  dripping: null,
  refused: null,
  reset: null,
  "cut-short": null,
  html: { headers: { "content-type": "text/html; charset=utf-8" }, body: "<!doctype html><title>Log in</title>" },
  "broken-json": { body: '{"issuer":"http' },
  "no-set": { body: '{"message":"not here"}' },
  "wrong-issuer": null,
  huge: { bytes: 100 * MEBIBYTE },
  "gzip-bomb": { bytes: 60 * MEBIBYTE, gzip: true },
  redirect: null,
  "redirect-away": null,
  "redirect-endlessly": null,
};

const OPTIONS: OptionNames<FakeAnswer> = {
  status: "optional",
  delayMs: "optional",
  headers: "optional",
  body: "optional",
  bytes: "optional",
  gzip: "optional",
};

/** Checks a behaviour, and gives its answer. For a behaviour with code of its own, that is its name. */
export function readBehaviour(behaviour: unknown): FakeAnswer | FakeBehaviour {
  if (isObject(behaviour)) return checkAnswer(behaviour);
  const isKnown = typeof behaviour === "string" && Object.hasOwn(ANSWERS, behaviour);
  assert(isKnown, `behave takes an answer as an object, or one of ${Object.keys(ANSWERS).join(", ")}`);
  return ANSWERS[behaviour as FakeBehaviour] ?? (behaviour as FakeBehaviour);
}

function checkAnswer(options: FakeAnswer): FakeAnswer {
  checkOptions("behave", options, OPTIONS);
  const { status = 200, delayMs = 0, headers = {}, body, bytes = 0, gzip = false } = options;
  checkInteger("behave: status", status, 200, 599);
  checkInteger("behave: delayMs", delayMs, 0, 2 ** 31 - 1);
  checkInteger("behave: bytes", bytes, 0, 2 ** 40);
  assert(body === undefined || typeof body === "string", "behave: body must be a string");
  assert(typeof gzip === "boolean", "behave: gzip must be true or false");
  return { ...options, headers: copyHeaders("behave", headers) };
}

/** Copies headers, and refuses what Node could not send. */
export function copyHeaders(owner: string, headers: unknown): Record<string, string> {
  const areTexts = isRecord(headers) && Object.values(headers).every((value) => typeof value === "string");
  assert(areTexts, `${owner}: headers must be a plain object with a string for each header`);
  return { ...headers } as Record<string, string>;
}
