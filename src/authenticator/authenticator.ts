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
   * @param session - how the session is to be, such as its device and how long it may live
   * @throws AuthError `malformed_credentials` (400), `invalid_credentials` (401), `too_many_attempts` (429),
   * `overloaded` or `unavailable` (503)
   * @throws TypeError when the origin or the session has an unknown or a wrong member
   */
  login(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<LoginResult<U>>;
  /**
   * Checks a login as {@link Authenticator.login} does, with its throttle, and begins nothing: for a second factor that
   * comes between the password and {@link Authenticator.startSession}.
   *
   * @param input - what the client sent: `{ login, password }`
   * @param origin - as `login` takes it
   * @returns the user as the store gave it, and when the password was proved. Hand this object to `startSession` as it
   * is. If the second factor comes in another request, keep the user's id and `provenAt` where no client can change
   * them.
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
   * Begins a session and issues its tokens after any proof at all: a password, a passkey, a link in a mail, another
   * provider, a registration. Where there are no sessions, it only issues an access token. The user is read again, and
   * refused if deleted, disabled, logged out everywhere or given another password since the proof.
   *
   * @param who - what `verifyPassword` gave; or a user, of whom only the `id` is read
   * @param session - how the session is to be. For a user, `provenAt` says when the proof was; without it, the proof
   * counts as taken when this is called. Without a blocklist, an earlier log-out everywhere can't be dated, so that
   * only one that comes after this call, or after the `verifyPassword` that gave `who`, is noticed.
   * @throws AuthError `invalid_credentials` (401), also for a proof that is older than the profile's `expiresIn`;
   * `unavailable` (503)
   * @throws TypeError when `who` is neither, or rests on other stores than these, or the session has an unknown or a
   * wrong member
   *
   * @example
   * ```ts
   * const tokens = await auth.startSession({ id: passkey.userId }, { methods: ["hwk", "user"] });
   * ```
   */
  startSession(who: Pick<User, "id"> | PasswordProof<U>, session?: StartSessionOptions): Promise<LoginResult<U>>;
  /**
   * Proves the password of a user who is logged in once more: for what asks for a fresh proof. It issues an access
   * token of the same session whose `auth_time` is now. The session remembers it, so that refreshes keep it. The
   * attempt counts as a login of that user.
   *
   * @param identity - what `authenticate` gave
   * @param input - what the client sent: `{ password }`
   * @param origin - the address that the throttle counts by
   * @param proof - the methods and the class of this proof, in the place of the session's: `["pwd"]` and none by
   * default
   * @throws AuthError `malformed_credentials` (400), `invalid_credentials` (401), `revoked` (401) where the session has
   * ended, `too_many_attempts` (429), `overloaded` or `unavailable` (503)
   * @throws TypeError when `identity` is none, or the user store has no `findCredentialsById`
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
  /** Whether attempts are limited. Then whoever calls `login` has to tell the client's address. */
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
   * What verifies the DPoP proof of a request for tokens, which shows none; `null` where no `dpop` among the
   * credentials takes tokens of this authenticator. The handlers of login and refresh ask it, and so does an endpoint
   * of the application's own.
   *
   * @example
   * ```ts
   * const proof = (await auth.proofs?.check(request)) ?? undefined;
   * const tokens = await auth.startSession(user, { boundTo: proof });
   * ```
   */
  readonly proofs: ProofVerifier | null;
}

/** What an authenticator counts, beside what a guard does. */
export interface AuthenticatorStats extends GuardStats {
  /** How full the hasher's queue is; `null` where a hasher of the application's own does not tell. */
  readonly passwords: GateStats | null;
}

/** An {@link Authenticator} that has sessions or a blocklist, so that it can log users out. */
export interface RevokingAuthenticator<Claims = unknown, U extends User = User> extends Authenticator<Claims, U> {
  /**
   * Ends the session of an identity and revokes the session's tokens. Where there are no sessions, it revokes the
   * identity's token. All of this is stored once the promise resolves. Without a blocklist, access tokens of the
   * session are good until they expire.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored
   * @throws TypeError when the token has no `jti` or `sid` to revoke it by, or is of another issuer's session and there
   * is no blocklist
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
   * A login that follows is good. The revocation is kept for the profile's `expiresIn`: give tokens that you issue for
   * longer a profile of their own.
   *
   * @throws AuthError `unavailable` (503) when it may not have been stored: try again
   * @throws TypeError when the id is no non-empty string
   */
  logoutEverywhere(userId: string): Promise<void>;
  /**
   * Changes the password of a user who knows the present one, ends all of the user's sessions as
   * {@link RevokingAuthenticator.logoutEverywhere} does, and logs in whoever changed it. After a 503 the same request
   * may be sent again: it completes a change that was interrupted.
   *
   * Where something else proved who the user is, such as a link in a mail, {@link RevokingAuthenticator.resetPassword}
   * sets the password.
   *
   * @param input - what the client sent: `{ login, password, newPassword }`
   * @param origin - the address that the throttle counts by
   * @param session - how the session is to be that begins
   * @throws AuthError as `login` does, and `unusable_password` (400) for the new one
   * @throws TypeError when the user store has no `replacePasswordHash`
   */
  changePassword(input: unknown, origin?: LoginOrigin, session?: SessionOptions): Promise<LoginResult<U>>;
  /**
   * Changes the password of a user who is logged in, without the login. With `keepSession`, the identity's session goes
   * on under its refresh token while all others end: the result is another access token of it, since those from before
   * are revoked. Without it, a session begins, bound to the key of the identity's token where that is bound.
   *
   * @param identity - what `authenticate` gave
   * @param input - what the client sent: `{ password, newPassword }`
   * @param origin - the address that the throttle counts by
   * @param session - `keepSession`, or how the session is to be that begins
   * @throws AuthError as the form with a login does, and `revoked` (401) where the session to be kept has ended
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
   * Sets the password of a user who proved in another way who it is, such as by a link in a mail, in one write, and
   * ends all of the user's sessions as {@link RevokingAuthenticator.logoutEverywhere} does. It begins none:
   * `startSession` does, or the user logs in. After a 503, call it again.
   *
   * @param newPassword - what the client sent, which may be anything
   * @throws AuthError `unusable_password` (400); `invalid_credentials` (401) where there is no such user; `overloaded`
   * or `unavailable` (503)
   * @throws TypeError when the id is no non-empty string, or the user store has no `setPasswordHash`
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
  /** Begins a session after any proof: see {@link Authenticator.startSession}. */
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
  /** As the overload before, where it is not known beforehand whether the session is kept. */
  changePassword(
    identity: Identity,
    input: unknown,
    origin?: LoginOrigin,
    session?: ChangePasswordOptions,
  ): Promise<LoginResult<U>>;
  /**
   * Takes a refresh token and gives the next one, with a fresh access token (RFC 6749 §6, RFC 9700 §4.14.2). A token is
   * good until one of its successors is used. If a token comes after that, somebody has stolen one: the session ends
   * and its access tokens are revoked. The user is read again, and is refused if deleted, disabled, or given another
   * password since.
   *
   * @param refreshToken - what the client sent: a token, or a list where it sent several cookies of the name. Tokens of
   * no living session are passed over.
   * @param proof - by which key the request was proven, for a session that is bound to one
   * @throws AuthError `malformed_refresh_token` (400), also for tokens of several living sessions;
   * `invalid_dpop_proof` (401) where the session is bound to another key; `invalid_refresh_token` (401) whether the
   * token is unknown, expired, stolen or of an ended session; `unavailable` (503): it may be sent again
   */
  refresh(refreshToken: unknown, proof?: RefreshProof): Promise<SessionResult<U>>;
  /**
   * Tells about a refresh token without using it: nothing changes, whoever sent it.
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
   * Ends the session that a refresh token belongs to, for a client whose access token has expired. A token that belongs
   * to no session is no error.
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
