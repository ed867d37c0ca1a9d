import { defaultHasher } from "../core/password/default.ts";
import type { PasswordChecker } from "../core/password/hasher.ts";
import type { ClaimsOf, InputOf, TokenProfile } from "../core/token/profile.ts";
import { GUARD_OPTIONS, type GuardOptions, guardOf, guardSettings } from "../guard/guard.ts";
import { changePassword } from "../login/change-password.ts";
import { login } from "../login/login.ts";
import { type ThrottleOptions, throttleSettings } from "../login/throttle.ts";
import { logout, logoutByRefreshToken, logoutEverywhere, logoutSession, sessions } from "../sessions/logout.ts";
import { refresh } from "../sessions/refresh.ts";
import { type RefreshOptions, type RefreshSettings, refreshSettings } from "../sessions/refresh-options.ts";
import { ignore } from "../shared/listener.ts";
import { checkFunction, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import type { Blocklist, User, UserStore } from "../stores/contract.ts";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "./authenticator.ts";
import type { AuthenticatorSettings } from "./settings.ts";
import { verb } from "./verb.ts";

/** The claims that a login adds to a user's `sub`. */
export type LoginClaims<Profile> = Omit<InputOf<Profile>, "sub" | "sid">;

/** How a login's claims are made: needed where the profile's schema asks for more than `sub`. */
export type ClaimsMaker<Profile, U> =
  {} extends LoginClaims<Profile>
    ? {
        /** The claims of a user's token, beside `sub` and `sid`. None by default. */
        readonly claims?: (user: U) => LoginClaims<Profile> | Promise<LoginClaims<Profile>>;
      }
    : {
        /** The claims of a user's token, beside `sub` and `sid`. */
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
    readonly passwords?: PasswordChecker;
    /** Sessions that outlive their access tokens. None by default: then a user logs in again when the token has expired. */
    readonly refresh?: RefreshOptions;
    /** How attempts to log in are limited. Not at all by default. */
    readonly throttle?: ThrottleOptions;
    /** Told when a hash could not be renewed after a good login. Nobody by default; of a store's outage, `onOutage` is told too. */
    readonly onRehashFailure?: (error: unknown) => unknown;
    /**
     * Told of a user who can't log in with any password, since the hasher can't read the stored hash: at each login that is
     * refused for it. The client gets the answer to a wrong password. Nobody by default.
     *
     * @param scheme - what the hash seems to be of, such as `"bcrypt $2b$"`, `"argon2id"` where it is damaged or over the
     * ceiling, or `"unknown"`
     */
    readonly onUnreadableHash?: (userId: string, scheme: string) => unknown;
  };

/**
 * Binds a token profile and users, and what there is of sessions, blocklist and throttle, to the whole flow. Without
 * sessions and blocklist there is no `logout`, since nothing could come of it but the client's dropping the token.
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
  options: AuthenticatorOptions<Profile, U> & { readonly refresh: RefreshOptions },
): SessionAuthenticator<ClaimsOf<Profile>, U>;
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U> & { readonly blocklist: Blocklist },
): RevokingAuthenticator<ClaimsOf<Profile>, U>;
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): Authenticator<ClaimsOf<Profile>, U>;
export function createAuthenticator<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): Authenticator<ClaimsOf<Profile>, U> {
  checkOptions("createAuthenticator", options, OPTIONS);
  const settings = flowSettings(options);
  return Object.freeze({
    ...guardOf<Profile>({ ...settings, token: options.token }),
    login: verb("login", settings, login<U>),
    throttled: settings.throttle !== null,
    ...(settings.refresh === null && settings.blocklist === null ? {} : revoking(settings)),
    ...(settings.refresh !== null && refreshing({ ...settings, refresh: settings.refresh })),
  });
}

const OPTIONS: OptionNames<AuthenticatorOptions> = {
  ...GUARD_OPTIONS,
  users: "required",
  passwords: "optional",
  claims: "optional",
  refresh: "optional",
  throttle: "optional",
  onRehashFailure: "optional",
  onUnreadableHash: "optional",
};

function flowSettings<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): AuthenticatorSettings<U> {
  const settings = guardSettings(options);
  const { users, passwords = defaultHasher, claims = noClaims } = options;
  const { onRehashFailure = ignore, onUnreadableHash = ignore } = options;
  const told = { onRehashFailure, onUnreadableHash };
  checkMethods("users", users, ["findById", "findCredentials"]);
  checkMethods("passwords", passwords, ["hash", "compare", "needsRehash"]);
  checkFunction("claims", claims, "(user) => ({ scope: user.scope })");
  checkFunction("onRehashFailure", onRehashFailure, "(error) => logger.warn({ error })");
  checkFunction("onUnreadableHash", onUnreadableHash, "(userId, scheme) => logger.warn({ userId, scheme })");
  const refresh = options.refresh === undefined ? null : refreshSettings(options.refresh);
  const throttle = options.throttle === undefined ? null : throttleSettings(options.throttle, options.token);
  return { ...settings, users, passwords, claims, ...told, refresh, throttle };
}

function revoking<U extends User>(settings: AuthenticatorSettings<U>): object {
  return {
    logout: verb("logout", settings, logout),
    logoutEverywhere: verb("logoutEverywhere", settings, logoutEverywhere),
    changePassword: verb("changePassword", settings, changePassword<U>),
  };
}

function refreshing<U extends User>(
  settings: AuthenticatorSettings<U> & { readonly refresh: RefreshSettings },
): object {
  return {
    refresh: verb("refresh", settings, refresh<U>),
    logoutByRefreshToken: verb("logoutByRefreshToken", settings, logoutByRefreshToken),
    logoutSession: verb("logoutSession", settings, logoutSession),
    sessions: verb("sessions", settings, sessions),
    cookie: settings.refresh.cookie,
  };
}

function noClaims(): object {
  return {};
}
