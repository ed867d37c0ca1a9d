import type { CookieSettings } from "./cookie-options.ts";

/** Reads a request's header by its name in lower case. */
export type HeaderLookup = (name: string) => string | null | undefined;

/** Derives the cookie of the device token from that of the refresh token: only the name differs. */
export function toDeviceCookie(cookie: CookieSettings): CookieSettings {
  return { ...cookie, name: `${cookie.name}-device` };
}

const SAME_SITE = { strict: "Strict", lax: "Lax", none: "None" } as const;

/**
 * Writes the Set-Cookie header that gives a token to the browser.
 *
 * @param maxAge - its lifetime in seconds; 0 deletes the cookie, and `null` keeps it until the browser is closed
 */
export function writeCookie(
  { name, path, domain, secure, sameSite }: CookieSettings,
  value: string,
  maxAge: number | null,
): string {
  const where = `Path=${path}${domain === null ? "" : `; Domain=${domain}`}`;
  const how = `HttpOnly;${secure ? " Secure;" : ""} SameSite=${SAME_SITE[sameSite]}`;
  const until = maxAge === null ? "" : ` Max-Age=${maxAge};`;
  return `${name}=${value};${until} ${where}; ${how}`;
}

/**
 * Reads the tokens from a request's cookies. There may be several: after a change of the path, browsers send the older
 * cookie together with the current one.
 */
export function readCookies({ name }: CookieSettings, header: HeaderLookup): readonly string[] {
  return (header("cookie") ?? "")
    .split(";")
    .map(trimBlanks)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .filter((value) => value !== "");
}

/**
 * Removes spaces and tabs at both ends. Other white space stays, since it may belong to the name. A name with such a
 * space lacks the `__Host-` prefix, so any site could set it. If the space were removed, that cookie would look like
 * ours.
 */
function trimBlanks(pair: string): string {
  let [start, end] = [0, pair.length];
  while (isBlank(pair[start])) start += 1;
  while (end > start && isBlank(pair[end - 1])) end -= 1;
  return pair.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
