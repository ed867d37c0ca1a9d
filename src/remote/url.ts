import { assert } from "../shared/assert.ts";
import { readMark } from "../shared/read.ts";
import { isFilled } from "../shared/text.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Checks the address of something to be fetched: https, or http on this machine for tests. A name and a password have
 * no place in it, since addresses are written to logs.
 *
 * @throws TypeError that says what is wrong with it
 */
export function checkUrl(name: string, given: unknown): URL {
  const text = isFilled(given) ? given : readHref(given);
  assert(text !== null && URL.canParse(text), `${name} must be an absolute URL, such as "https://issuer.example/"`);
  const url = new URL(text);
  assert(isSafe(url), `${name} must be https; only loopback hosts, such as 127.0.0.1, may be http`);
  assert(url.username === "" && url.password === "", `${name} must be without a user's name and password`);
  assert(url.hash === "", `${name} must be without a fragment`);
  return url;
}

/** Reads the address of a URL object. One of another realm, or of a polyfill, is no `instanceof URL`. */
function readHref(given: unknown): string | null {
  const href = readMark(given, "href");
  return isFilled(href) ? href : null;
}

/** Tells whether what is sent to an address can be read and changed by nobody on the way. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}

/** Names an address in messages and events. What stands behind `?` may be secret, and stays out. */
export function nameUrl({ origin, pathname }: URL): string {
  return origin + pathname;
}
