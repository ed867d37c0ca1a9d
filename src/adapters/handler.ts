import type { Authenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { CookieSettings } from "../core/http/cookie-options.ts";
import type { AdapterRequest } from "./request.ts";
import type { AdapterResponse } from "./response.ts";
import { toError } from "./thrown.ts";

/**
 * Answers a request of the flow. It rejects with an `AuthError` where it refuses, and always with an `Error`: any other
 * value that a store or a hasher throws becomes the cause of a TypeError.
 */
export type FlowHandler = (request: AdapterRequest) => Promise<AdapterResponse>;

/** Makes a handler that rejects with an `Error`, whatever is thrown in it. */
export function rejectWithErrors<Args extends unknown[]>(
  handle: (...args: Args) => Promise<AdapterResponse>,
): (...args: Args) => Promise<AdapterResponse> {
  return async (...args) => {
    try {
      return await handle(...args);
    } catch (thrown) {
      throw toError(thrown);
    }
  };
}

/** Finds the cookie that carries the refresh token; `null` where it is in the body, or there are no sessions. */
export function findCookie(auth: object): CookieSettings | null {
  return (auth as Partial<SessionAuthenticator>).cookie ?? null;
}

/** Lists the cookies that carry an authenticator's tokens: that of the refresh token, and that of the access token. */
export function listCookies(auth: Pick<Authenticator, "tokenCookie">): readonly CookieSettings[] {
  return [findCookie(auth), auth.tokenCookie ?? null].filter((it) => it !== null);
}
