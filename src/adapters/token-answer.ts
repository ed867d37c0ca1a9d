import { toDeviceCookie, writeCookie } from "../sessions/cookie.ts";
import type { CookieSettings } from "../sessions/cookie-options.ts";
import type { LoginResult, SessionResult } from "../sessions/result.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** Makes the token answer (RFC 6749 §5.1). The refresh token and the device token are in its body, or in cookies. */
export function formatTokens(result: LoginResult | SessionResult, cookie: CookieSettings | null): AdapterResponse {
  const { accessToken, tokenType, expiresIn, deviceToken } = result;
  const body = { access_token: accessToken, token_type: tokenType, expires_in: expiresIn };
  const refresh = "refreshToken" in result ? result : null;
  const answer = { status: 200, headers: NO_STORE };
  if (cookie === null || refresh === null) {
    // JSON leaves out what is undefined.
    const others = { refresh_token: refresh?.refreshToken, device_token: deviceToken };
    return { ...answer, body: { ...body, ...others }, cookies: [] };
  }
  const { refreshToken, refreshExpiresIn, persistent } = refresh;
  const cookies = [writeCookie(cookie, refreshToken, persistent ? refreshExpiresIn : null)];
  if (deviceToken !== undefined) {
    cookies.push(
      writeCookie(toDeviceCookie(cookie), deviceToken, persistent ? (result.deviceExpiresIn as number) : null),
    );
  }
  return { ...answer, body, cookies };
}
