import { isAccepted, type JwkSet } from "../core/keys/jwks.ts";
import { assert } from "../shared/assert.ts";
import { MAX_DOCUMENT_BYTES } from "../shared/limits.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { withTimeout } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { isFilled } from "../shared/text.ts";
import { fetchDocument } from "./document.ts";
import { createLoadedKeys, type LoadedKeys } from "./fresh-keys.ts";
import { FreshValue } from "./fresh-value.ts";
import { parseObject } from "./json.ts";
import { createJwksLoader, type GivenSet } from "./jwks-loader.ts";
import { checkRemoteOptions, LOAD_OPTIONS, type RemoteKeysOptions, type RemoteSettings } from "./keys-options.ts";
import { checkUrl, nameUrl } from "./url.ts";

/** A function that gives a JWK Set, parsed. */
export type JwksFunction = () => JwkSet | PromiseLike<JwkSet>;

/**
 * Creates keys from a remote JWK Set (RFC 7517 §5), for a token profile. They are fetched when they are first needed,
 * and again in the background from time to time: one fetch at a time, and at least 30 seconds between two.
 *
 * - A key that is no longer in the set stops verifying as soon as the set is fetched, even tokens that are remembered.
 * - For an unknown `kid`, the set is fetched once more, unless it was fetched a moment ago.
 * - While the source is down, the last good set stays in use for an hour. After that, and for an unknown `kid`
 *   meanwhile, the answer is an outage (503) and never a refusal.
 * - A fetch is limited to 2 seconds and 64 KiB, and follows no redirect to another origin. Only https is fetched, or
 *   http on loopback.
 * - A key that can't be used is skipped, and reported as `key_skipped`. Shared secrets and private keys are never used.
 *
 * @param source - the address of the set, a `file:` URL, or a function that gives the set
 * @throws TypeError when the source or an option is wrong; this call itself fetches nothing
 *
 * @example
 * ```ts
 * const keys = remoteKeys("https://issuer.example/.well-known/jwks.json");
 * await keys.ready(); // At the start, so that a wrong address is noticed now, and not at the first request.
 * ```
 */
export function remoteKeys(source: string | URL | JwksFunction, options: RemoteKeysOptions = {}): LoadedKeys {
  const names: OptionNames<RemoteKeysOptions> = {
    ...LOAD_OPTIONS,
    refreshAfter: "optional",
    algorithms: "optional",
    fetch: "optional",
    headers: "optional",
  };
  checkOptions("remoteKeys", options, names);
  const settings = checkRemoteOptions("remoteKeys", options);
  const { name, give } = openSource(source, settings);
  return keepKeys(name, settings, give);
}

/** Creates keys from the JWK Sets that a function gives, and keeps them fresh. */
export function keepKeys(name: string, settings: RemoteSettings, give: () => Promise<GivenSet>): LoadedKeys {
  const { now, staleIfErrorMs, algorithms } = settings;
  const { load, reporter } = createJwksLoader(name, settings, give);
  const { tellFailed: onFailed, tellStale: onStale } = reporter;
  const accepts = (alg: unknown): boolean => isAccepted(alg, algorithms);
  return createLoadedKeys(new FreshValue({ name: "keys", load, now, staleIfErrorMs, onFailed, onStale }), accepts, now);
}

interface Source {
  readonly name: string;
  readonly give: () => Promise<GivenSet>;
}

function openSource(source: unknown, settings: RemoteSettings): Source {
  if (typeof source === "function") return openFunction(source as JwksFunction, settings);
  const href = isFilled(source) ? source : readMark(source, "href");
  if (typeof href === "string" && href.startsWith("file:")) return openFile(href, settings);
  const url = checkUrl("remoteKeys: the source", source);
  return { name: nameUrl(url), give: () => fetchSet(url, settings) };
}

/** Fetches a JWK Set. */
export async function fetchSet(url: URL, { fetch, timeoutMs, headers }: RemoteSettings): Promise<GivenSet> {
  const document = await fetchDocument(url, { fetch, timeoutMs, headers });
  return { set: parseObject(nameUrl(url), document.text), cacheControl: document.headers.get("cache-control") };
}

function openFunction(source: JwksFunction, { timeoutMs }: RemoteSettings): Source {
  const name = source.name === "" ? "a function" : source.name;
  const give = async (): Promise<GivenSet> => ({
    set: await withTimeout(name, timeoutMs, Promise.resolve(source())),
    cacheControl: null,
  });
  return { name, give };
}

function openFile(href: string, { timeoutMs }: RemoteSettings): Source {
  assert(URL.canParse(href), 'remoteKeys: a file is named by an absolute URL, such as pathToFileURL("jwks.json")');
  const url = new URL(href);
  const give = async (): Promise<GivenSet> => {
    const { readFile, stat } = await import("node:fs/promises");
    const read = async (): Promise<string> => {
      if ((await stat(url)).size > MAX_DOCUMENT_BYTES) throw new Error(`${url.pathname} is too long`);
      return readFile(url, "utf8");
    };
    return { set: parseObject(url.pathname, await withTimeout(url.pathname, timeoutMs, read())), cacheControl: null };
  };
  return { name: url.pathname, give };
}
