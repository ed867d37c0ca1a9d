import { AuthError } from "../core/errors.ts";
import type { CookieSettings, HeaderReader } from "./cookie.ts";

const SAME: ReadonlySet<string> = new Set(["same-origin", "none"]);

/**
 * Refuses a request that a page of another origin made. `SameSite` keeps the cookie from other sites, and this keeps it from
 * other origins of the same site: browsers say where a request comes from in headers that scripts can't set.
 */
export function refuseCrossSite({ origins, secure }: CookieSettings, header: HeaderReader): void {
  const origin = header("origin") ?? null;
  if (origin !== null && origins.includes(origin)) return;
  const site = header("sec-fetch-site") ?? null;
  const host = header("host") ?? "";
  const isOwn = site === null ? origin === null || isOwnOrigin(origin, host, secure) : SAME.has(site);
  if (isOwn) return;
  const found = `Origin ${origin} and Sec-Fetch-Site ${site} at the host "${host}"`;
  throw new AuthError("cross_site_request", {
    cause: new Error(`${found}; list the origin in cookie.origins if it is yours`),
  });
}

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Whether an origin is the server's own. Behind a proxy a server can't see its own scheme, so it goes by the cookie's: a secure
 * one is for https, or for http of a host that browsers take for secure, which is the machine itself (W3C Secure Contexts §3.1).
 */
function isOwnOrigin(origin: string, host: string, secure: boolean): boolean {
  const schemes = secure && !LOOPBACK.test(originOf("https", host)?.hostname ?? "") ? ["https"] : ["https", "http"];
  return schemes.some((scheme) => originOf(scheme, host)?.origin === origin);
}

function originOf(scheme: string, host: string): URL | null {
  const url = `${scheme}://${host}`;
  return URL.canParse(url) ? new URL(url) : null;
}

const OTHER_SCHEME = /^(?!file:)[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9._~-]+(?::\d{1,5})?$/;

/** Whether a string is an origin as browsers write it, of a web page or of an app that has a scheme of its own. */
export function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { origin } = new URL(value);
  return origin === "null" ? OTHER_SCHEME.test(value) : origin === value;
}
