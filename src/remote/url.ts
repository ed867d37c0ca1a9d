import { isSecureUrl } from "../core/http/loopback.ts";
import { assert } from "../shared/assert.ts";
import { readMark } from "../shared/read.ts";
import { isFilled } from "../shared/text.ts";

/**
 * Checks the address of something to be fetched: https, or http on this machine for tests. It must not hold a user's
 * name and password, since addresses are written to logs.
 *
 * @throws TypeError that says what is wrong with it
 */
export function checkUrl(name: string, given: unknown): URL {
  const text = isFilled(given) ? given : readHref(given);
  assert(text !== null && URL.canParse(text), `${name} must be an absolute URL, such as "https://issuer.example/"`);
  const url = new URL(text);
  assert(isSecureUrl(url), `${name} must be https; only loopback hosts, such as 127.0.0.1, may be http`);
  assert(url.username === "" && url.password === "", `${name} must be without a user's name and password`);
  assert(url.hash === "", `${name} must be without a fragment`);
  return url;
}

/** Reads the address of a URL object. One of another realm, or of a polyfill, is not `instanceof URL`. */
function readHref(given: unknown): string | null {
  const href = readMark(given, "href");
  return isFilled(href) ? href : null;
}

/** Names an address in messages and events, without its query, which may be secret. */
export function nameUrl({ origin, pathname }: URL): string {
  return origin + pathname;
}
