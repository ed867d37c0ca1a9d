import { AuthError } from "../core/errors.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";

/** The cookie that carries the refresh token to a browser: `HttpOnly; Secure; SameSite=Strict` whatever is set here. */
export interface RefreshCookieOptions {
  /**
   * Its name. By default `"__Host-refresh"` where the path is `"/"`, else `"__Secure-refresh"`: prefixes by which browsers
   * take it from a secure origin alone (RFC 6265bis §4.1.3).
   */
  readonly name?: string;
  /** Where it is sent: what the paths of login, refresh and logout have in common. `"/"` by default. */
  readonly path?: string;
  /** Origins besides the server's own whose pages may log in, refresh and log out, such as `"https://app.example.com"`. */
  readonly origins?: readonly string[];
}

/** Cookie options, checked and with their defaults. */
export interface CookieSettings {
  /** Its name. */
  readonly name: string;
  /** Where it is sent. */
  readonly path: string;
  /** Origins besides the server's own. */
  readonly origins: readonly string[];
}

/** Reads a request's header by its name in lower case. */
export type HeaderReader = (name: string) => string | null | undefined;

const OPTIONS: OptionNames<RefreshCookieOptions> = { name: "optional", path: "optional", origins: "optional" };

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PATH = /^\/[\x21-\x3A\x3C-\x7E]*$/;

/** Checks how the cookie is to be. */
export function cookieSettings(options: RefreshCookieOptions): CookieSettings {
  checkOptions("refresh: cookie", options, OPTIONS);
  const { path = "/", origins = [] } = options;
  const { name = path === "/" ? "__Host-refresh" : "__Secure-refresh" } = options;
  if (typeof path !== "string" || !PATH.test(path)) throw new TypeError('cookie: path must be a path, such as "/auth"');
  if (typeof name !== "string" || !NAME.test(name)) throw new TypeError("cookie: name must be an HTTP token");
  if (name.startsWith("__Host-") && path !== "/") {
    throw new TypeError('cookie: browsers take a "__Host-" cookie only with the path "/"');
  }
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    throw new TypeError('cookie: origins must be a list of origins, such as ["https://app.example.com"]');
  }
  return { name, path, origins: [...origins] };
}

/** The cookie of the device token, which goes the same way under a name of its own. */
export function deviceCookie(cookie: CookieSettings): CookieSettings {
  const [prefix = ""] = /^__(?:Host|Secure)-/.exec(cookie.name) ?? [];
  return { ...cookie, name: `${prefix}device` };
}

/** The Set-Cookie header that hands a refresh token over, for so many seconds; 0 takes it away. */
export function setCookie({ name, path }: CookieSettings, value: string, maxAge: number): string {
  return `${name}=${value}; Max-Age=${maxAge}; Path=${path}; HttpOnly; Secure; SameSite=Strict`;
}

/**
 * The refresh tokens among a request's cookies. There may be several: where the path was another one before, browsers go
 * on sending the older cookie beside the present one.
 */
export function readCookies({ name }: CookieSettings, header: HeaderReader): readonly string[] {
  return (header("cookie") ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .filter((value) => value !== "");
}

/**
 * Refuses a request that a page of another origin made. `SameSite=Strict` keeps the cookie from other sites, and this
 * keeps it from other origins of the same site: browsers say where a request comes from in headers that scripts can't set.
 */
export function refuseCrossSite({ origins }: CookieSettings, header: HeaderReader): void {
  const origin = header("origin") ?? null;
  if (origin !== null && origins.includes(origin)) return;
  const site = header("sec-fetch-site") ?? null;
  const isOwn = site === null ? origin === null || hostOf(origin) === header("host") : SAME.has(site);
  if (!isOwn) throw new AuthError("cross_site_request");
}

const SAME: ReadonlySet<string> = new Set(["same-origin", "none"]);

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function isOrigin(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;
}
