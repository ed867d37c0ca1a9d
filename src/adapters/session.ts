import type { Authenticator } from "../authenticator/authenticator.ts";
import { AuthError } from "../core/errors.ts";
import { readCookies } from "../core/http/cookie.ts";
import { refuseCrossSite } from "../core/http/cross-site.ts";
import type { PasswordProof } from "../login/verify-password.ts";
import type { StartSessionOptions } from "../sessions/session-options.ts";
import { isObject } from "../shared/object.ts";
import { checkFunction } from "../shared/options.ts";
import type { User } from "../stores/contract.ts";
import { checkAuthenticator } from "./checks.ts";
import { type FlowHandler, findCookie, listCookies, rejectWithErrors } from "./handler.ts";
import { checkRequestProof } from "./proof.ts";
import type { AdapterRequest } from "./request.ts";
import type { AdapterResponse } from "./response.ts";
import { formatTokens } from "./token-answer.ts";

/** A user who authenticated, and the options of the session. */
export interface ProvenUser<U extends User = User> extends StartSessionOptions {
  /** The user, of whom only the `id` is read; or what `verifyPassword` gave, unchanged. */
  readonly user: Pick<User, "id"> | PasswordProof<U>;
}

/** The result of `prove`: `null` to refuse. */
export type Proven<U extends User = User> = ProvenUser<U> | null | Promise<ProvenUser<U> | null>;

/**
 * Makes a handler that begins a session after any authentication: a second factor, a passkey, a link in a mail. It
 * answers with the tokens as `handleLogin` does, after the same check of the origin, and ends the session of the
 * request's cookie.
 *
 * @param prove - gives the user, and the options of the session. `null` is refused as `invalid_credentials` (401), and
 * an `AuthError` that it throws is the answer.
 * @throws TypeError when `auth` is not an authenticator, or `prove` is not a function
 *
 * @example
 * ```ts
 * const respond = handleSession(auth, async (request) => {
 *   const userId = await checkPasskey(await request.body());
 *   return userId === null ? null : { user: { id: userId }, methods: ["hwk", "user"] };
 * });
 * ```
 */
export function handleSession<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  prove: (request: AdapterRequest) => Proven<U>,
  ...extra: []
): FlowHandler {
  const handle = handleProof(auth, prove, extra);
  return (request) => handle(request, request);
}

/** Makes the handler of {@link handleSession}, whose `prove` gets other arguments, such as the framework's request. */
export function handleProof<Claims, U extends User, Source extends unknown[]>(
  auth: Authenticator<Claims, U>,
  prove: (...source: Source) => Proven<U>,
  extra: readonly unknown[],
): (request: AdapterRequest, ...source: Source) => Promise<AdapterResponse> {
  checkAuthenticator("session", auth, extra);
  checkFunction("session: prove", prove, 'async (request) => ({ user, methods: ["hwk"] })');
  return rejectWithErrors(async (request: AdapterRequest, ...source: Source) => {
    const cookie = findCookie(auth);
    for (const it of listCookies(auth)) refuseCrossSite(it, request.header);
    const proof = await checkRequestProof(auth, request);
    const proven = await prove(...source);
    if (proven === null) throw new AuthError("invalid_credentials", { cause: new Error("prove answered null") });
    if (!isObject(proven)) throw new TypeError("session: prove must answer with { user, … } or null");
    const { user, ...options } = proven;
    const sent = cookie === null ? {} : { refreshToken: readCookies(cookie, request.header) };
    return formatTokens(await auth.startSession(user, { ...sent, ...options, ...proof }), auth, request);
  });
}
