import type { RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { Identity } from "../guard/identity.ts";
import { chooseOwnerFinder } from "../sessions/owner-finder.ts";
import { isRevocable } from "../sessions/revoke-token.ts";
import { checkFunction, type OptionNames } from "../shared/options.ts";
import type { User } from "../stores/contract.ts";
import { callApplication } from "./callback.ts";
import { checkAuthenticator } from "./checks.ts";
import { admitClient, type ClientOptions, checkClientOptions } from "./client.ts";
import { readTokenParameter } from "./form.ts";
import type { FlowHandler } from "./handler.ts";
import { recogniseToken } from "./introspect.ts";
import { readSigned, toIdentity } from "./introspect-answer.ts";
import { answerAsOAuth, answerError, refuseTokens } from "./oauth-answer.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** The services that may revoke tokens, and which. */
export interface RevokeOptions<Claims = unknown> extends ClientOptions {
  /**
   * Tells whether a service may revoke a token. By default it may, unless the token has the `client_id` of another
   * service. It must answer exactly `true` or `false`, or a promise of it.
   *
   * @param identity - the identity of the token's user. Its `credential` is `"refresh"` for a refresh token, which has
   * no claims.
   * @param client - the service that asks
   * @throws AuthError to refuse; anything else that it throws, or no answer within 5 seconds, is an outage (503)
   *
   * @example
   * ```ts
   * const mayRevoke: RevokeOptions["mayRevoke"] = (_identity, client) => client.userId === "admin-console";
   * ```
   */
  readonly mayRevoke?: (identity: Identity<Claims>, client: Identity) => boolean | Promise<boolean>;
}

const OPTIONS: OptionNames<RevokeOptions> = { clients: "required", rules: "optional", mayRevoke: "optional" };

const NO_BLOCKLIST = "Access tokens can't be revoked here";

const NOT_REVOCABLE = "Tokens of this kind can't be revoked here";

/**
 * Makes the handler of token revocation (RFC 7009). It takes a POST of a form with the `token`, from one of `clients`,
 * and answers 200 once the token is invalid. That includes text that is not a token of ours, or was invalid before.
 *
 * For a refresh token, the session ends with its access tokens, as in a log-out. An access token is revoked alone, and
 * its session goes on. Without a blocklist, or if that token has no id, the answer is `unsupported_token_type` (400).
 * For a token of either kind that this service may not revoke, it is `invalid_grant` (400). An outage is 503: send it
 * again.
 *
 * @throws TypeError when the authenticator has neither blocklist nor sessions, an option is missing, misspelt or
 * meaningless, or every user could ask
 *
 * @example
 * ```ts
 * const response = await handleRevoke(auth, { clients })(request);
 * ```
 */
export function handleRevoke<Claims, U extends User>(
  auth: RevokingAuthenticator<Claims, U>,
  options: RevokeOptions<Claims>,
  ...extra: []
): FlowHandler {
  checkClientOptions("revoke", auth, options, OPTIONS as OptionNames<RevokeOptions<Claims>>, extra);
  checkAuthenticator("revoke", auth);
  const { mayRevoke } = options;
  if (mayRevoke !== undefined) checkFunction("revoke: mayRevoke", mayRevoke, "(identity, client) => true");
  const sessions = "inspectRefreshToken" in auth ? (auth as SessionAuthenticator<Claims, U>) : null;

  const isAllowed = async (token: string, identity: Identity, client: Identity): Promise<boolean> => {
    if (mayRevoke === undefined) return isOwnToken(readSigned(token, identity), client);
    const ask = (): unknown => mayRevoke(identity as Identity<Claims>, client);
    const allowed = await callApplication("mayRevoke", ask);
    if (typeof allowed === "boolean") return allowed;
    throw new TypeError("revoke: mayRevoke must answer true or false");
  };

  return answerAsOAuth(async (request) => {
    const client = await admitClient(options, request);
    const token = await readTokenParameter(request);
    if (token === null) return refuseTokens();
    // The user store is not asked whether the token is active: if it is down, the session must end all the same.
    const info = sessions === null ? null : await chooseOwnerFinder(sessions.inspectRefreshToken)(token);
    const identity = info === null ? await recogniseToken(auth, token) : toIdentity(info);
    if (identity === null) return answerSuccess();
    if (!(await isAllowed(token, identity, client)))
      return answerError(400, "invalid_grant", "The token is of another client");
    if (info !== null) await sessions?.logoutByRefreshToken(token);
    else if (auth.revokeAccessToken === undefined) return answerError(400, "unsupported_token_type", NO_BLOCKLIST);
    else if (!isRevocable(identity)) return answerError(400, "unsupported_token_type", NOT_REVOCABLE);
    else await auth.revokeAccessToken(identity);
    return answerSuccess();
  });
}

function isOwnToken({ client_id }: Readonly<Record<string, unknown>>, { userId }: Identity): boolean {
  return client_id === undefined || client_id === userId;
}

/** Makes the answer of success. Clients don't read its body (RFC 7009 §2.2). */
function answerSuccess(): AdapterResponse {
  return { status: 200, headers: NO_STORE, cookies: [], body: {} };
}
