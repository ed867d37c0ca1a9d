import { AuthError } from "../errors.ts";
import type { HeaderLookup } from "./cookie.ts";
import type { CookieSettings } from "./cookie-options.ts";
import { isLoopback } from "./loopback.ts";

const SAME: ReadonlySet<string> = new Set(["same-origin", "none"]);

/**
 * Refuses a request that a page of another origin made. `SameSite` keeps the cookie from other sites, but not from
 * other origins of the same site. Browsers say where a request comes from in headers that scripts can't set.
 *
 * @throws AuthError `cross_site_request` (403)
 */
export function refuseCrossSite({ origins, secure }: CookieSettings, header: HeaderLookup): void {
  const origin = header("origin") ?? null;
  if (origin !== null && origins.includes(origin)) return;
  const site = header("sec-fetch-site") ?? null;
  const host = header("host") ?? "";
  const isOwn = site === null ? origin === null || isOwnOrigin(origin, host, secure) : SAME.has(site);
  if (isOwn) return;
  const found = `Origin ${origin} and Sec-Fetch-Site ${site} at the host "${host}"`;
  throw new AuthError("cross_site_request", {
    cause: new Error(`${found}; list the origin in the cookie's origins if it is yours`),
  });
}

/**
 * Tells whether an origin is the server's own. A server behind a proxy can't see its own scheme, so `secure` decides: a
 * secure cookie is for https, or for http on the machine itself, which browsers treat as secure (W3C Secure Contexts
 * §3.1).
 */
function isOwnOrigin(origin: string, host: string, secure: boolean): boolean {
  const schemes = secure && !isLoopback(parseHost("https", host)?.hostname ?? "") ? ["https"] : ["https", "http"];
  return schemes.some((scheme) => parseHost(scheme, host)?.origin === origin);
}

function parseHost(scheme: string, host: string): URL | null {
  const url = `${scheme}://${host}`;
  return URL.canParse(url) ? new URL(url) : null;
}
