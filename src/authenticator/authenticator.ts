import type { CookieSettings } from "../core/http/cookie-options.ts";
import type { GateStats } from "../core/password/gate.ts";
import type { GuardStats, TokenGuard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import type { ProofVerifier } from "../guard/proof-verifier.ts";
import type { ChangePasswordOptions } from "../login/change-password.ts";
import type { LoginOrigin } from "../login/origin.ts";
import type { PasswordProof } from "../login/verify-password.ts";
import type { RefreshTokenInfo } from "../sessions/inspect-refresh-token.ts";
import type { ListedSession } from "../sessions/list-sessions.ts";
import type { RefreshProof } from "../sessions/refresh-proof.ts";
import type { LoginResult, SessionResult } from "../sessions/result.ts";
import type { AuthenticationOptions, SessionOptions, StartSessionOptions } from "../sessions/session-options.ts";
import type { User } from "../stores/contract.ts";

/** A {@link Guard} that logs users in. */
export interface Authenticator<Claims = unknown, U extends User = User> extends TokenGuard<Claims> {
  /**
   * Checks a login and issues a token.
   *
   * @param input - what the client sent, which may be anything. Only `{ login, password }`, two non-empty strings, can
   * succeed.
   * @param origin - the address that the throttle counts by, and the refresh token of the session that this login
   * replaces. The address is never read from the input, which the client writes.
   * @param session - the options of the session, such as its device and its lifetimes
   * @throws AuthError `malformed_credentials` (400), `invalid_credentials` (401), `too_many_attempts` (429),
   * `overloaded` or `unavailable` (503)
   * @throws TypeError when the origin or the session has an unknown or a wrong member
   */
  login(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<LoginResult<U>>;
  /**
   * Checks a login as {@link Authenticator.login} does, with its throttle, and begins no session: for a second factor
   * between the password and {@link Authenticator.startSession}.
   *
   * @param input - what the client sent: `{ login, password }`
   * @param origin - as `login` takes it
   * @returns the user as the store gave it, and when the password was verified. Pass this object to `startSession`
   * unchanged. If the second factor comes in another request, keep the user's id and `provenAt` where no client can
   * change them.
   * @throws AuthError as `login` does
   *
   * @example
   * ```ts
   * const proof = await auth.verifyPassword(body, { ip });
   * if (!checkCode(proof.user, body.code)) throw new AuthError("invalid_credentials");
   * const tokens = await auth.startSession(proof, { methods: ["pwd", "otp"] });
   * ```
   */
  verifyPassword(input: unknown, origin?: LoginOrigin): Promise<PasswordProof<U>>;
  /**
   * Begins a session and issues its tokens after any authentication: a password, a passkey, a link in a mail, another
   * provider, a registration. Where there are no sessions, it only issues an access token. The user is read again, and
   * refused if deleted, disabled, logged out everywhere or given another password since then.
   *
   * @param who - what `verifyPassword` gave; or a user, of whom only the `id` is read
   * @param session - the options of the session. For a user, `provenAt` says when the user authenticated; by default,
   * that is the time of this call. Without a blocklist, nobody knows when the user was last logged out everywhere. Then
   * this call notices only a log-out that comes after it began, or after the `verifyPassword` that gave `who`.
   * @throws AuthError `invalid_credentials` (401), also for an authentication that is older than the profile's
   * `expiresIn`; `unavailable` (503)
   * @throws TypeError when `who` is neither, or was given by an authenticator with other stores, or the session has an
   * unknown or a wrong member
   *
   * @example
   * ```ts
   * const tokens = await auth.startSession({ id: passkey.userId }, { methods: ["hwk", "user"] });
   * ```
   */
  startSession(who: Pick<User, "id"> | PasswordProof<U>, session?: StartSessionOptions): Promise<LoginResult<U>>;
  /**
   * Verifies once more the password of a user who is logged in, for actions that need a recent authentication. It
   * issues an access token of the same session whose `auth_time` is now. The session stores that, so that refreshes
   * keep it. The attempt counts as a login of that user.
   *
   * @param identity - what `authenticate` gave
   * @param input - what the client sent: `{ password }`
   * @param origin - the address that the throttle counts by
   * @param proof - the methods and the class of this authentication, which replace the session's: `["pwd"]` and none by
   * default
   * @throws AuthError `malformed_credentials` (400), `invalid_credentials` (401), `revoked` (401) where the session has
   * ended, `too_many_attempts` (429), `overloaded` or `unavailable` (503)
   * @throws TypeError when `identity` is not an identity, or the user store has no `findCredentialsById`
   *
   * @example
   * ```ts
   * const { accessToken } = await auth.reauthenticate(identity, body, { ip });
   * ```
   */
  reauthenticate(
    identity: Identity,
    input: unknown,
    origin?: LoginOrigin,
    proof?: AuthenticationOptions,
  ): Promise<LoginResult<U>>;
  /** Whether attempts are limited. Then every call of `login` needs the client's address. */
  readonly throttled: boolean;
  /** Tells what the authenticator has counted since it was made, for a monitor. */
  stats(): AuthenticatorStats;
  /**
   * The cookie that carries a token of this authenticator; `null` where no credential takes one from a cookie. Adapters
   * read it.
   */
  readonly tokenCookie: CookieSettings | null;
  /**
   * Whether a token of this authenticator is taken from the Authorization header as a Bearer token. Clients then need
   * it in the answer's body.
   */
  readonly takesBearer: boolean;
  /**
   * The verifier of DPoP proofs for requests that ask for tokens and so show none; `null` where no `dpop` among the
   * credentials takes tokens of this authenticator. The handlers of login and refresh use it, and so can an endpoint
   * that the application writes.
   *
   * @example
   * ```ts
   * const proof = (await auth.proofs?.check(request)) ?? undefined;
   * const tokens = await auth.startSession(user, { boundTo: proof });
   * ```
   */
  readonly proofs: ProofVerifier | null;
}

/** The counters of an authenticator, beside those of a guard. */
export interface AuthenticatorStats extends GuardStats {
  /** How full the hasher's queue is; `null` where the application's own hasher does not say. */
  readonly passwords: GateStats | null;
}

/** An {@link Authenticator} that has sessions or a blocklist, so that it can log users out. */
export interface RevokingAuthenticator<Claims = unknown, U extends User = User> extends Authenticator<Claims, U> {
  /**
   * Ends the session of an identity and revokes the session's tokens. Where there are no sessions, it revokes the
   * identity's token. All of this is stored once the promise resolves. Without a blocklist, access tokens of the
   * session are valid until they expire.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored
   * @throws TypeError when the token has no `jti` or `sid` to revoke it by, or belongs to another issuer's session and
   * there is no blocklist
   */
  logout(identity: Identity): Promise<void>;
  /**
   * Revokes the one access token of an identity, and leaves its session alone: for a token that leaked. It is stored
   * once the promise resolves. An authenticator without a blocklist has no such method.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored: try again
   * @throws TypeError when the token has no `jti` to revoke it by
   *
   * @example
   * ```ts
   * await auth.revokeAccessToken?.(await auth.authenticateToken(leaked));
   * ```
   */
  revokeAccessToken?(identity: Identity): Promise<void>;
  /**
   * Ends all of a user's sessions and revokes all of the user's tokens, on every node, also those of this same second.
   * A login after it works. The revocation is kept for the profile's `expiresIn`: give tokens with a longer lifetime a
   * profile of their own.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored: try again
   * @throws TypeError when the id is not a non-empty string
   */
  logoutEverywhere(userId: string): Promise<void>;
  /**
   * Changes the password of a user who knows the current one, ends all of the user's sessions as
   * {@link RevokingAuthenticator.logoutEverywhere} does, and logs in the client that changed it. After a 503 the same
   * request may be sent again: it completes a change that was interrupted.
   *
   * If the user authenticated in another way, such as by a link in a mail, use
   * {@link RevokingAuthenticator.resetPassword}.
   *
   * @param input - what the client sent: `{ login, password, newPassword }`
   * @param origin - the address that the throttle counts by
   * @param session - the options of the session that begins
   * @throws AuthError as `login` does, and `unusable_password` (400) for the new one
   * @throws TypeError when the user store has no `replacePasswordHash`
   */
  changePassword(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<LoginResult<U>>;
  /**
   * Changes the password of a user who is logged in, without the login. With `keepSession`, the identity's session goes
   * on with its refresh token while all others end. The result is another access token of that session, since earlier
   * ones are revoked. Without it, another session begins. If the identity's token is bound to a key, so is that
   * session.
   *
   * @param identity - what `authenticate` gave
   * @param input - what the client sent: `{ password, newPassword }`
   * @param origin - the address that the throttle counts by
   * @param session - `keepSession`, or the options of the session that begins
   * @throws AuthError as the overload with a login does, and `revoked` (401) where the session to be kept has ended
   * @throws TypeError when the user store has no `replacePasswordHash` or no `findCredentialsById`
   *
   * @example
   * ```ts
   * const { accessToken } = await auth.changePassword(identity, body, { ip }, { keepSession: true });
   * ```
   */
  changePassword(
    identity: Identity,
    input: unknown,
    origin?: LoginOrigin,
    session?: ChangePasswordOptions,
  ): Promise<LoginResult<U>>;
  /**
   * Sets the password, in one write, of a user who authenticated in another way, such as by a link in a mail. Then it
   * ends all of the user's sessions as {@link RevokingAuthenticator.logoutEverywhere} does. It begins no session: call
   * `startSession`, or let the user log in. After a 503, call it again.
   *
   * @param newPassword - what the client sent, which may be anything
   * @throws AuthError `unusable_password` (400); `invalid_credentials` (401) where there is no such user; `overloaded`
   * or `unavailable` (503)
   * @throws TypeError when the id is not a non-empty string, or the user store has no `setPasswordHash`
   *
   * @example
   * ```ts
   * await auth.resetPassword(link.userId, body.newPassword);
   * ```
   */
  resetPassword(userId: string, newPassword: unknown): Promise<void>;
}

/** An {@link Authenticator} whose sessions outlive their access tokens. */
export interface SessionAuthenticator<Claims = unknown, U extends User = User>
  extends RevokingAuthenticator<Claims, U> {
  /** Checks a login, begins a session and issues its tokens: see {@link Authenticator.login}. */
  login(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<SessionResult<U>>;
  /** Begins a session after any authentication: see {@link Authenticator.startSession}. */
  startSession(who: Pick<User, "id"> | PasswordProof<U>, session?: StartSessionOptions): Promise<SessionResult<U>>;
  /** Changes a password, and begins a session: see {@link RevokingAuthenticator.changePassword}. */
  changePassword(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<SessionResult<U>>;
  /** Changes the password of a user who is logged in, and keeps the session: see {@link RevokingAuthenticator}. */
  changePassword(
    identity: Identity,
    input: unknown,
    origin: LoginOrigin | undefined,
    session: ChangePasswordOptions & { readonly keepSession: true },
  ): Promise<LoginResult<U>>;
  /** Changes the password of a user who is logged in, and begins a session. */
  changePassword(
    identity: Identity,
    input: unknown,
    origin?: LoginOrigin,
    session?: SessionOptions & { readonly keepSession?: false | undefined },
  ): Promise<SessionResult<U>>;
  /** As the overload before, for a `keepSession` that is known only at run time. */
  changePassword(
    identity: Identity,
    input: unknown,
    origin?: LoginOrigin,
    session?: ChangePasswordOptions,
  ): Promise<LoginResult<U>>;
  /**
   * Exchanges a refresh token for the next one and a fresh access token (rotation, RFC 6749 §6, RFC 9700 §4.14.2). A
   * token is valid until one of its successors is used. A use after that is reuse, so a token was stolen: the session
   * ends and its access tokens are revoked. The user is read again, and is refused if deleted, disabled, or given
   * another password since.
   *
   * @param refreshToken - what the client sent: a token, or a list where it sent several cookies of the name. Tokens
   * without a living session are ignored.
   * @param proof - the proof that came with the request, for a session that is bound to a key
   * @throws AuthError `malformed_refresh_token` (400), also for tokens of several living sessions; `invalid_dpop_proof`
   * (401) where the session is bound to another key; `invalid_refresh_token` (401) for a token that is unknown,
   * expired, reused or of an ended session; `unavailable` (503): it may be sent again
   */
  refresh(refreshToken: unknown, proof?: RefreshProof): Promise<SessionResult<U>>;
  /**
   * Describes a refresh token without using it. Nothing changes, even if the token was stolen.
   *
   * @param refreshToken - what the client sent
   * @returns `null` where it belongs to no session
   * @throws AuthError `malformed_refresh_token` (400), or `unavailable` (503) in an outage
   *
   * @example
   * ```ts
   * const isGood = (await auth.inspectRefreshToken(refreshToken))?.active === true;
   * ```
   */
  inspectRefreshToken(refreshToken: unknown): Promise<RefreshTokenInfo | null>;
  /**
   * Ends the session that a refresh token belongs to, for a client whose access token has expired. A token without a
   * session is not an error.
   *
   * @param refreshToken - what the client sent: a token, or a list where it sent several cookies of the name
   * @returns whether the token belonged to a session
   * @throws AuthError `malformed_refresh_token` (400), `unavailable` (503) when it may not have been stored: send it
   * again
   */
  logoutByRefreshToken(refreshToken: unknown): Promise<boolean>;
  /**
   * Ends one of a user's own sessions, for an account page. Another user's session is left alone.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored
   */
  logoutSession(userId: string, sid: string): Promise<void>;
  /**
   * Lists a user's sessions, the last used first, for an account page.
   *
   * @param who - an identity, whose own session is then the `current` one; or a user's id
   * @throws AuthError `unavailable` (503) in an outage
   */
  sessions(who: string | Identity): Promise<readonly ListedSession[]>;
  /** The cookie that carries the refresh token; `null` where it is in the body. Adapters read it. */
  readonly cookie: CookieSettings | null;
}
