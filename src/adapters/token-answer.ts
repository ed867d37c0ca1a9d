import type { Authenticator } from "../authenticator/authenticator.ts";
import { readCookies, toDeviceCookie, writeCookie } from "../core/http/cookie.ts";
import type { CookieSettings } from "../core/http/cookie-options.ts";
import type { LoginResult, SessionResult } from "../sessions/result.ts";
import type { AdapterRequest } from "./request.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** The places in which an authenticator's clients get tokens: cookies, the body, or both. */
export type AnswerPlaces = Pick<Authenticator, "tokenCookie" | "takesBearer" | "proofs"> & {
  readonly cookie?: CookieSettings | null;
};

/**
 * Makes the token answer (RFC 6749 §5.1). Each token is in its body or in a cookie. The access token is in both where
 * clients of both kinds are served. One that is bound to a key is in the body, and a header has the nonce for the next
 * proof.
 */
export function formatTokens(
  result: LoginResult | SessionResult,
  places: AnswerPlaces,
  { header }: Pick<AdapterRequest, "header">,
): AdapterResponse {
  const { cookie = null, tokenCookie, takesBearer, proofs } = places;
  const { accessToken, tokenType, expiresIn, deviceToken } = result;
  const refresh = "refreshToken" in result ? result : null;
  // A browser forgets a cookie without an age when it is closed.
  const toAge = (seconds: number): number | null => (refresh?.persistent === false ? null : seconds);
  const isInBody = cookie === null || refresh === null;
  const cookies: string[] = [];
  if (!isInBody) cookies.push(writeCookie(cookie, refresh.refreshToken, toAge(refresh.refreshExpiresIn)));
  if (!isInBody && deviceToken !== undefined) {
    cookies.push(writeCookie(toDeviceCookie(cookie), deviceToken, toAge(result.deviceExpiresIn as number)));
  }
  const isBound = tokenType === "DPoP";
  const isInCookie = tokenCookie !== null && !isBound;
  if (isInCookie) cookies.push(writeCookie(tokenCookie, accessToken, toAge(expiresIn)));
  // A token that is bound to a key is worthless in a cookie. The cookie of an earlier login is cleared: beside a bound
  // token it would be a second credential.
  const isLeft = tokenCookie !== null && isBound && readCookies(tokenCookie, header).length > 0;
  if (isLeft) cookies.push(writeCookie(tokenCookie, "", 0));
  // A token that no credential here takes is meant for another service, so the client gets it in the body.
  const token = takesBearer || !isInCookie ? { access_token: accessToken, token_type: tokenType } : {};
  // JSON leaves out what is undefined.
  const others = isInBody ? { refresh_token: refresh?.refreshToken, device_token: deviceToken } : {};
  const nonce = isBound ? (proofs?.nonce() ?? null) : null;
  const headers = nonce === null ? NO_STORE : { ...NO_STORE, "DPoP-Nonce": nonce };
  return { status: 200, headers, body: { ...token, expires_in: expiresIn, ...others }, cookies };
}
