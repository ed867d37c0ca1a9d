import type { CookieSettings } from "./cookie-options.ts";

/** Reads a request's header by its name in lower case. */
export type HeaderLookup = (name: string) => string | null | undefined;

/** Gives the cookie of the device token: that of the refresh token under another name. */
export function toDeviceCookie(cookie: CookieSettings): CookieSettings {
  return { ...cookie, name: `${cookie.name}-device` };
}

const SAME_SITE = { strict: "Strict", lax: "Lax", none: "None" } as const;

/**
 * Writes the Set-Cookie header that hands a token over.
 *
 * @param maxAge - for how many seconds; 0 takes the cookie away, and `null` keeps it until the browser is closed
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
 * Reads the tokens among a request's cookies. There may be several: after a change of the path, browsers go on sending
 * the older cookie beside the present one.
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
 * Removes spaces and tabs at both ends, and no other white space: that may belong to a name. A name that only looks
 * like ours has no prefix that would have kept others from setting the cookie.
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
