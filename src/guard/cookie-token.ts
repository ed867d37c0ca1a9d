import { createRequestError } from "../core/errors.ts";
import { readCookies } from "../core/http/cookie.ts";
import { type CookieOptions, type CookieSettings, checkCookieOptions } from "../core/http/cookie-options.ts";
import { refuseCrossSite } from "../core/http/cross-site.ts";
import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import type { Credential, ShownIdentity } from "./credential.ts";
import { readProfiles, verifyShownToken } from "./profiles.ts";
import type { CredentialRequest } from "./request.ts";
import { keepCookie, keepProfiles } from "./token-credentials.ts";

/**
 * Makes the credential of an access token in a cookie, for pages that a server renders. If an authenticator has it, the
 * handlers of login, refresh and logout set and clear the cookie.
 *
 * Browsers send a cookie along with requests from any site's pages. So a request that may change something must come
 * from the server's own origin or one of `origins`. That is every method but `GET` and `HEAD`, and the upgrade to a
 * WebSocket. Several cookies of this name with different tokens are refused.
 *
 * @param profiles - as for {@link bearer}
 * @param options - the cookie: its name is `"__Host-access"` by default
 * @throws TypeError when an option is misspelt or meaningless, and for a cookie that browsers would drop
 *
 * @example
 * ```ts
 * const auth = createAuthenticator({ token, users, refresh, credentials: [cookieToken(token, { sameSite: "lax" })] });
 * ```
 */
export function cookieToken<Profile extends TokenProfile>(
  profiles: Profile | readonly Profile[],
  options: CookieOptions = {},
): Credential<ClaimsOf<Profile>> {
  const kept = readProfiles("cookieToken", profiles);
  const cookie = checkCookieOptions("cookieToken", "access", options);
  const credential: Credential<ClaimsOf<Profile>> = {
    name: "cookie",
    place: `cookie ${cookie.name}`,
    read(request) {
      const token = takeOnlyCookie(cookie, request);
      if (token !== null && isUnsafe(request)) refuseCrossSite(cookie, (name) => request.header(name));
      return token;
    },
    verify: (token) => verifyShownToken(token, kept, "cookie") as ShownIdentity<ClaimsOf<Profile>>,
  };
  return Object.freeze(keepCookie(keepProfiles(credential, kept), cookie));
}

function takeOnlyCookie(cookie: CookieSettings, request: CredentialRequest): string | null {
  if (request.header("cookie") === null) return null; // Most requests with another credential have no cookie.
  const [token = null, ...others] = readCookies(cookie, (name) => request.header(name));
  if (others.every((it) => it === token)) return token;
  throw createRequestError(`several cookies of the name ${cookie.name}`);
}

const SAFE_METHODS: ReadonlySet<string | null> = new Set(["GET", "HEAD"]);

/** Tells whether a request may change something. A WebSocket begins with a GET, and may do anything afterwards. */
function isUnsafe(request: CredentialRequest): boolean {
  return !SAFE_METHODS.has(request.method) || request.header("upgrade") !== null;
}
