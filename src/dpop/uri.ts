/** A path as a client that follows RFC 3986 sends it. */
const PATH = /^\/[!-[\]-~]*$/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const UNRESERVED = /[\w.~-]/;

/**
 * Normalises a URI without its query and fragment (RFC 3986 §6.2.2 and §6.2.3); `null` for anything but a URI of HTTP.
 */
export function normaliseUri(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, username, password, pathname } = new URL(text);
  const isPlain = /^https?:$/.test(protocol) && username === "" && password === "";
  return isPlain ? origin + pathname.replace(/%[\da-f]{2}/gi, normaliseEscape) : null;
}

function normaliseEscape(text: string): string {
  const character = String.fromCharCode(Number.parseInt(text.slice(1), 16));
  return UNRESERVED.test(character) ? character : text.toUpperCase();
}

/**
 * Lists the URIs that a client may have signed for a request. Only the path of the request is read, and never the host
 * that it names. There are none for a path that routers and URL parsers read differently: one with a dot segment or a
 * backslash.
 *
 * @param url - the path with its query, or the whole URL
 * @param bases - the origins, each with the prefix that a proxy strips from the path
 */
export function listTargets(url: string | null, bases: readonly string[]): readonly string[] {
  const path = findPath(url ?? "");
  if (!PATH.test(path) || DOT_SEGMENT.test(path)) return [];
  return bases.map((base) => normaliseUri(base + path) as string);
}

function findPath(url: string): string {
  const whole = url.split(/[?#]/, 1)[0] as string;
  if (whole.startsWith("/")) return whole;
  const authority = /^https?:\/\/[^/]*/i.exec(whole)?.[0];
  return authority === undefined ? "" : whole.slice(authority.length) || "/";
}
