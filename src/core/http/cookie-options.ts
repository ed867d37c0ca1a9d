import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { isOrigin } from "./origin.ts";

/** A cookie that carries a token to a browser. It is `HttpOnly`, and `Secure; SameSite=Strict` unless set otherwise. */
export interface CookieOptions {
  /**
   * The cookie's name. By default `"__Host-refresh"`, or `"__Host-access"` for an access token, where the path is `"/"`
   * and there is no domain, else `"__Secure-refresh"`: browsers accept a name with such a prefix only from a secure
   * origin (RFC 6265bis §4.1.3). Without `secure` it is `"refresh"` or `"access"`.
   */
  readonly name?: string;
  /**
   * The path that it is sent to. `"/"` by default. For a refresh token, use the common beginning of the paths of login,
   * refresh and logout.
   */
  readonly path?: string;
  /**
   * Further origins whose pages may send it with a request that changes something, such as `"https://app.example.com"`
   * or, for an app in a web view, `"capacitor://localhost"`. None by default. List the server's own origin too where a
   * proxy changes the Host header. Pages of another site need `sameSite: "none"` too.
   */
  readonly origins?: readonly string[];
  /**
   * With which requests browsers send it (RFC 6265bis §5.6.7). `"strict"` by default: only with requests from the
   * site's own pages. `"lax"`: also when a link of another site leads here, which no handler of ours needs. `"none"`:
   * with requests from all sites. With `"none"`, a browser that sends neither `Origin` nor `Sec-Fetch-Site` sends it
   * for another site's page too, and a browser that refuses third-party cookies drops it.
   */
  readonly sameSite?: "strict" | "lax" | "none";
  /**
   * The domain that shares the cookie with all of its subdomains, such as `"example.com"`. None by default: it belongs
   * to one host. With a domain, every subdomain receives the token and can overwrite it, whoever runs that subdomain.
   */
  readonly domain?: string;
  /**
   * Whether browsers send it over TLS alone. `true` by default. `false` is for development over plain HTTP, as on a
   * machine of the local network; browsers treat `localhost` as secure. With `false`, anybody on the network path can
   * read the token or replace it.
   */
  readonly secure?: boolean;
}

/** Cookie options, checked and with their defaults. */
export interface CookieSettings {
  /** Its name. */
  readonly name: string;
  /** The path that it is sent to. */
  readonly path: string;
  /** Further origins that may send it. */
  readonly origins: readonly string[];
  /** With which requests it is sent. */
  readonly sameSite: "strict" | "lax" | "none";
  /** The domain that shares it with all of its subdomains; `null` where it belongs to one host. */
  readonly domain: string | null;
  /** Whether it is sent over TLS alone. */
  readonly secure: boolean;
}

const OPTIONS: OptionNames<CookieOptions> = {
  name: "optional",
  path: "optional",
  origins: "optional",
  sameSite: "optional",
  domain: "optional",
  secure: "optional",
};

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PATH = /^\/[\x21-\x3A\x3C-\x7E]*$/;
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const SAME_SITE: ReadonlySet<unknown> = new Set(["strict", "lax", "none"]);

/** The possible faults of settings. The last four are of cookies that browsers drop silently. */
const PROBLEMS: readonly (readonly [problem: string, isThere: (settings: CookieSettings) => boolean])[] = [
  ['path must be a path, such as "/auth"', ({ path }) => typeof path !== "string" || !PATH.test(path)],
  ["name must be an HTTP token", ({ name }) => typeof name !== "string" || !NAME.test(name)],
  ["secure must be true or false", ({ secure }) => typeof secure !== "boolean"],
  ['sameSite must be "strict", "lax" or "none"', ({ sameSite }) => !SAME_SITE.has(sameSite)],
  [
    'domain must be a domain in lower case, such as "example.com", without a dot in front',
    ({ domain }) => domain !== null && (typeof domain !== "string" || !DOMAIN.test(domain)),
  ],
  [
    'origins must be a list of origins as browsers send them, such as ["https://app.example.com"], without a slash at the end',
    ({ origins }) => !Array.isArray(origins) || !origins.every(isOrigin),
  ],
  [
    'browsers take a "__Host-" cookie only with the path "/"',
    ({ name, path }) => /^__host-/i.test(name) && path !== "/",
  ],
  [
    'browsers take a "__Host-" cookie only without a domain',
    ({ name, domain }) => /^__host-/i.test(name) && domain !== null,
  ],
  [
    "browsers take a name with such a prefix only with secure",
    ({ name, secure }) => /^__(?:host|secure|http)-/i.test(name) && !secure,
  ],
  ['browsers take sameSite "none" only with secure', ({ sameSite, secure }) => sameSite === "none" && !secure],
];

/**
 * Checks a cookie's options, and fills in the defaults.
 *
 * @param owner - the function that messages name
 * @param kind - the cookie's name, without a prefix, where the options give it none
 */
export function checkCookieOptions(owner: string, kind: string, options: CookieOptions): CookieSettings {
  checkOptions(owner, options, OPTIONS);
  const { path = "/", origins = [], sameSite = "strict", domain = null, secure = true } = options;
  const { name = chooseName(kind, path, domain, secure) } = options;
  const settings = { name, path, origins, sameSite, domain, secure };
  const problem = PROBLEMS.find(([, isThere]) => isThere(settings));
  if (problem !== undefined) throw new TypeError(`${owner}: ${problem[0]}`);
  return { ...settings, origins: [...origins] };
}

function chooseName(kind: string, path: string, domain: string | null, secure: boolean): string {
  if (!secure) return kind;
  return `${path === "/" && domain === null ? "__Host-" : "__Secure-"}${kind}`;
}
