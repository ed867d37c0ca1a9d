import type { RevokingAuthenticator, SessionAuthenticator } from "../authenticator/authenticator.ts";
import type { Identity } from "../guard/identity.ts";
import { chooseOwnerFinder } from "../sessions/owner-finder.ts";
import { isRevocable } from "../sessions/revoke-token.ts";
import { checkFunction, type OptionNames } from "../shared/options.ts";
import { isThenable } from "../shared/promise.ts";
import type { User } from "../stores/contract.ts";
import { checkAuthenticator } from "./checks.ts";
import { admitClient, type ClientOptions, checkClientOptions } from "./client.ts";
import { readTokenParameter } from "./form.ts";
import type { FlowHandler } from "./handler.ts";
import { recognise } from "./introspect.ts";
import { readSigned, toIdentity } from "./introspect-answer.ts";
import { answerAsOAuth, refuse, refuseTokens } from "./oauth-answer.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** Who may revoke tokens, and which. */
export interface RevokeOptions<Claims = unknown> extends ClientOptions {
  /**
   * Tells whether a service may revoke a token. By default it may unless the token has a `client_id`, and that is
   * another one's. It must answer exactly `true` or `false`, or a promise of it.
   *
   * @param identity - whom the token is of. Its `credential` is `"refresh"` for a refresh token, which has no claims.
   * @param client - the service that asks
   *
   * @example
   * ```ts
   * const mayRevoke: RevokeOptions["mayRevoke"] = (_identity, client) => client.userId === "admin-console";
   * ```
   */
  readonly mayRevoke?: (identity: Identity<Claims>, client: Identity) => boolean | Promise<boolean>;
}

const OPTIONS: OptionNames<RevokeOptions> = { clients: "required", rules: "optional", mayRevoke: "optional" };

/**
 * Makes the handler of token revocation (RFC 7009). It takes a POST of a form with the `token`, from one of `clients`,
 * and answers 200 once the token is good no more: what is no token of ours, or not good any more, was so before.
 *
 * A refresh token ends its session, access tokens included, as a log-out does. An access token is revoked by itself,
 * and its session goes on; without a blocklist, or where the token has no id, that is `unsupported_token_type` (400). A
 * token that `mayRevoke` keeps from this service is `invalid_grant` (400). An outage is 503: send it again.
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
    const verdict: unknown = mayRevoke(identity as Identity<Claims>, client);
    const allowed = isThenable(verdict) ? await verdict : verdict;
    if (typeof allowed === "boolean") return allowed;
    throw new TypeError("revoke: mayRevoke must answer true or false");
  };

  return answerAsOAuth(async (request) => {
    const client = await admitClient(options, request);
    const token = await readTokenParameter(request);
    if (token === null) return refuseTokens();
    // Whether it is good, a user store that is down could not tell. Its session ends all the same.
    const info = sessions === null ? null : await chooseOwnerFinder(sessions.inspectRefreshToken)(token);
    const identity = info === null ? await recognise(auth, token) : toIdentity(info);
    if (identity === null) return done();
    if (!(await isAllowed(token, identity, client)))
      return refuse(400, "invalid_grant", "The token is of another client");
    if (info !== null) await sessions?.logoutByRefreshToken(token);
    else if (auth.revokeAccessToken === undefined) return refuse(400, "unsupported_token_type", NO_BLOCKLIST);
    else if (!isRevocable(identity)) return refuse(400, "unsupported_token_type", NOT_REVOCABLE);
    else await auth.revokeAccessToken(identity);
    return done();
  });
}

const NO_BLOCKLIST = "Access tokens can't be revoked here";
const NOT_REVOCABLE = "Tokens of this kind can't be revoked here";

function isOwnToken({ client_id }: Readonly<Record<string, unknown>>, { userId }: Identity): boolean {
  return client_id === undefined || client_id === userId;
}

/** The body is nothing that a client reads (RFC 7009 §2.2). */
function done(): AdapterResponse {
  return { status: 200, headers: NO_STORE, cookies: [], body: {} };
}
