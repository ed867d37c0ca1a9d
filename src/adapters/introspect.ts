import type { SessionAuthenticator } from "../authenticator/authenticator.ts";
import { isAuthError } from "../core/errors.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { inspectToken } from "../guard/inspection.ts";
import { assert } from "../shared/assert.ts";
import { isRecord } from "../shared/object.ts";
import { checkFunction, type OptionNames } from "../shared/options.ts";
import { refuseWhatJsonLoses } from "../shared/promise.ts";
import { callApplication } from "./callback.ts";
import { checkGuard } from "./checks.ts";
import { admitClient, type ClientOptions, checkClientOptions } from "./client.ts";
import { readTokenParameter } from "./form.ts";
import type { FlowHandler } from "./handler.ts";
import { describeRefreshToken, describeToken, type Members, toIdentity } from "./introspect-answer.ts";
import { answerAsOAuth, refuseTokens } from "./oauth-answer.ts";
import { type AdapterResponse, NO_STORE } from "./response.ts";

/** Where an authenticator takes its tokens from. A plain guard does not say. */
type CredentialPlaces = Pick<SessionAuthenticator, "takesBearer" | "proofs" | "tokenCookie">;

/** Who may ask about tokens, and what they are told. */
export interface IntrospectOptions<Claims = unknown> extends ClientOptions {
  /**
   * Gives members that are added to the answer, or replace its own; `null` to tell this service that the token is not
   * active. None by default.
   *
   * @param identity - the identity of the token's user. Its `credential` is `"refresh"` for a refresh token, which has
   * no claims.
   * @param client - the service that asks
   * @throws AuthError to refuse; anything else that it throws, or no answer within 5 seconds, is an outage (503)
   *
   * @example
   * ```ts
   * const members: IntrospectOptions["members"] = ({ claims }, { userId }) =>
   *   (claims as { aud?: unknown }).aud === `https://${userId}.example` ? {} : null;
   * ```
   */
  readonly members?: (
    identity: Identity<Claims>,
    client: Identity,
  ) => Readonly<Record<string, unknown>> | null | Promise<Readonly<Record<string, unknown>> | null>;
  /**
   * Whether refresh tokens are active, too. `false` by default: a service that looks at `active` alone would mistake
   * one for an access token. An answer about one has `token_use: "refresh_token"`.
   */
  readonly refreshTokens?: boolean;
}

const OPTIONS: OptionNames<IntrospectOptions> = {
  clients: "required",
  rules: "optional",
  members: "optional",
  refreshTokens: "optional",
};

/** The whole answer about a token that is not valid, for every reason (RFC 7662 §2.2). */
const INACTIVE: Members = Object.freeze({ active: false });

/**
 * Makes the handler of token introspection (RFC 7662), for services that can't verify our tokens themselves: in other
 * languages, or behind a proxy that asks. It takes a POST of a form with the `token`, from one of `clients`.
 *
 * It answers `{ active: false }` and nothing more about text that is not a valid token: forged, expired, revoked, of
 * another kind or not a token at all. Otherwise it answers with the signed claims and the user. If the guard meets an
 * outage, the answer is 503.
 *
 * @param guard - the guard that takes the tokens: a guard or an authenticator that takes them in a header
 * @throws TypeError when `guard` is not a guard, an option is missing, misspelt or meaningless, or every user could ask
 *
 * @example
 * ```ts
 * const response = await handleIntrospect(auth, { clients })(request);
 * ```
 */
export function handleIntrospect<Claims>(
  guard: Guard<Claims>,
  options: IntrospectOptions<Claims>,
  ...extra: []
): FlowHandler {
  checkClientOptions("introspect", guard, options, OPTIONS as OptionNames<IntrospectOptions<Claims>>, extra);
  checkGuard("introspect", guard);
  const { members = addNothing, refreshTokens = false } = options;
  checkFunction("introspect: members", members, "(identity, client) => ({ username: nameOf(identity.userId) })");
  assert(typeof refreshTokens === "boolean", "introspect: refreshTokens must be true or false");
  const inspector =
    "inspectRefreshToken" in guard ? (guard as Guard & Pick<SessionAuthenticator, "inspectRefreshToken">) : null;
  assert(!refreshTokens || inspector !== null, "introspect: refreshTokens is for an authenticator with sessions");
  const { takesBearer = true, proofs = null, tokenCookie = null } = guard as Partial<CredentialPlaces>;
  assert(
    takesBearer || proofs !== null || tokenCookie === null,
    "introspect: this authenticator takes its tokens from a cookie; give createGuard({ token, … })",
  );

  /** Describes a token; `null` if it is not valid. */
  const find = async (token: string): Promise<readonly [Identity<Claims>, Members] | null> => {
    const info = refreshTokens && inspector !== null ? await inspector.inspectRefreshToken(token) : null;
    if (info !== null) return info.active ? [toIdentity(info) as Identity<Claims>, describeRefreshToken(info)] : null;
    const identity = await recogniseToken(guard, token);
    return identity === null ? null : [identity, describeToken(token, identity)];
  };

  return answerAsOAuth(async (request) => {
    const client = await admitClient(options, request);
    const token = await readTokenParameter(request);
    if (token === null) return refuseTokens();
    const found = await find(token);
    if (found === null) return answer(INACTIVE);
    const [identity, described] = found;
    const others = await callApplication("members", () => members(identity, client));
    if (others === null) return answer(INACTIVE);
    if (!isRecord(others)) throw new TypeError("introspect: members must answer with a plain object or null");
    const body = { ...described, ...others, active: true };
    refuseWhatJsonLoses("the answer of members", body, JSON.stringify(body));
    return answer(body);
  });
}

function addNothing(): Members {
  return {};
}

function answer(body: object): AdapterResponse {
  return { status: 200, headers: NO_STORE, cookies: [], body };
}

/** The statuses of refusals of a token that is not valid. After any other, it is unknown whether the token is valid. */
const INVALID_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);

/** Asks a guard whose a token is; `null` if it is not valid. */
export async function recogniseToken<Claims>(guard: Guard<Claims>, token: string): Promise<Identity<Claims> | null> {
  if (token.startsWith(" ")) return null; // A header may have more spaces in front of a token, and a token has none.
  try {
    return await inspectToken(guard, token);
  } catch (error) {
    if (isAuthError(error) && INVALID_STATUSES.has(error.status)) return null;
    throw error;
  }
}
