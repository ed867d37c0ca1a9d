import { createTokenMismatch } from "../core/token/compact.ts";
import { checkUrl } from "../remote/url.ts";
import { assert } from "../shared/assert.ts";
import { abandon } from "../shared/promise.ts";

/**
 * Finds the address of a list that a token names.
 *
 * @throws AuthError `invalid_token` (401) where it is not a list of the issuer
 */
export type FindUrl = (uri: string) => URL;

/** Tells whether an address is the issuer's. `uri` and `url` are two forms of the same address. */
type Allows = (uri: string, url: URL) => boolean;

/** Checks the option `lists`, and creates the function that checks the lists of tokens by it. */
export function checkAllowed(owner: string, lists: unknown): FindUrl {
  const { allows, expected } = typeof lists === "function" ? allowByFunction(lists) : allowByAddress(owner, lists);
  return (uri) => {
    const url = parseListUri(uri);
    if (url === null || !allows(uri, url)) throw createTokenMismatch("status.status_list.uri", uri, expected);
    return url;
  };
}

interface Allowed {
  readonly allows: Allows;
  /** What would be allowed, for a message. */
  readonly expected: string | readonly string[];
}

function allowByAddress(owner: string, lists: unknown): Allowed {
  const given: readonly unknown[] = Array.isArray(lists) ? lists : [lists];
  assert(
    given.length > 0,
    `${owner}: lists must name at least one address, such as "https://issuer.example/statuslists/"`,
  );
  // URLs are compared in the form in which they are fetched, where dot segments and other spellings are resolved.
  const addresses = given.map((it) => checkUrl(`${owner}: lists`, it).href);
  const allows: Allows = (_uri, { href }) =>
    addresses.some((it) => (it.endsWith("/") ? href.startsWith(it) : href === it));
  return { allows, expected: addresses };
}

function allowByFunction(lists: Function): Allowed {
  const allows: Allows = (uri) => {
    const verdict: unknown = lists(uri);
    if (typeof verdict === "boolean") return verdict;
    abandon(verdict);
    throw new TypeError("statusLists: lists must answer true or false");
  };
  return { allows, expected: "one that lists allows" };
}

function parseListUri(uri: string): URL | null {
  try {
    return checkUrl("uri", uri);
  } catch {
    return null;
  }
}
