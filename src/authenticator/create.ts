import { checkMethods, checkOptions } from "../core/options.ts";
import { defaultHasher } from "../core/password/default.ts";
import type { PasswordHasher } from "../core/password/hasher.ts";
import type { ClaimsOf, InputOf, TokenProfile } from "../core/token/profile.ts";
import type { Blocklist, User, UserStore } from "../stores/contract.ts";
import { GUARD_OPTIONS, type Guard, type GuardOptions, guardOf, guardSettings } from "./guard.ts";
import type { Identity } from "./identity.ts";
import { type LoginResult, login } from "./login.ts";
import { logout } from "./logout.ts";

/** The claims that a login adds to a user's `sub`. */
export type LoginClaims<Profile> = Omit<InputOf<Profile>, "sub">;

/** How a login's claims are made: needed where the profile's schema asks for more than `sub`. */
export type ClaimsMaker<Profile, U> =
  {} extends LoginClaims<Profile>
    ? {
        /** The claims of a user's token, beside `sub`. None by default. */
        readonly claims?: (user: U) => LoginClaims<Profile> | Promise<LoginClaims<Profile>>;
      }
    : {
        /** The claims of a user's token, beside `sub`. */
        readonly claims: (user: U) => LoginClaims<Profile> | Promise<LoginClaims<Profile>>;
      };

/** What an {@link Authenticator} is made of. */
export type AuthenticatorOptions<
  Profile extends TokenProfile = TokenProfile,
  U extends User = User,
> = GuardOptions<Profile> &
  ClaimsMaker<Profile, U> & {
    /** Where users live. */
    readonly users: UserStore<U>;
    /** How passwords are hashed. By default as {@link hashPassword} does, through the same queue. */
    readonly passwords?: PasswordHasher;
    /** Told when a hash could not be renewed after a good login. Nobody by default. */
    readonly onRehashFailure?: (error: unknown) => void;
  };

/** A {@link Guard} that logs users in. */
export interface Authenticator<Claims = unknown, U extends User = User> extends Guard<Claims> {
  /**
   * Checks a login and issues a token.
   *
   * @param input - what the client sent: anything; `{ login, password }`, two non-empty strings, is what can succeed
   * @throws AuthError `malformed_credentials` (400), `invalid_credentials` (401), `overloaded` or `unavailable` (503)
   */
  login(input: unknown): Promise<LoginResult<U>>;
}

/** An {@link Authenticator} with a blocklist, which can therefore log users out. */
export interface RevokingAuthenticator<Claims = unknown, U extends User = User> extends Authenticator<Claims, U> {
  /**
   * Revokes the token of an identity. Once it resolves, the revocation is stored.
   *
   * @throws AuthError `unavailable` (503) when it could not be stored
   * @throws TypeError when the token has no `jti` to revoke it by
   */
  logout(identity: Identity): Promise<void>;
}

/**
 * Binds a token profile, users, and a blocklist if there is one, to the whole flow. Without a blocklist there is no
 * `logout`, since nothing could come of it but the client's dropping the token.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const auth = createAuthenticator({ token: accessToken, users, blocklist: memoryBlocklist() });
 * const { accessToken: token } = await auth.login({ login: "ada@example.com", password });
 * await auth.logout(await auth.authenticate(`Bearer ${token}`));
 * ```
 */
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U> & { readonly blocklist: Blocklist },
): RevokingAuthenticator<ClaimsOf<Profile>, U>;
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): Authenticator<ClaimsOf<Profile>, U>;
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): Authenticator<ClaimsOf<Profile>, U> | RevokingAuthenticator<ClaimsOf<Profile>, U> {
  checkOptions("createAuthenticator", options, [...GUARD_OPTIONS, "users", "passwords", "claims", "onRehashFailure"]);
  const settings = guardSettings(options);
  const { users, passwords = defaultHasher, claims = noClaims, onRehashFailure = noOne } = options;
  checkMethods("users", users, ["findById", "findCredentials"]);
  checkMethods("passwords", passwords, ["hash", "compare", "needsRehash"]);
  checkMethods("createAuthenticator's options", { claims, onRehashFailure }, ["claims", "onRehashFailure"]);
  const loginSettings = { ...settings, users, passwords, claims, onRehashFailure };
  const { blocklist } = settings;

  return Object.freeze({
    ...guardOf(settings),
    login: (input: unknown) => login(loginSettings, input),
    ...(blocklist !== null && { logout: (identity: Identity) => logout({ ...settings, blocklist }, identity) }),
  });
}

function noClaims(): object {
  return {};
}

function noOne(): void {}
