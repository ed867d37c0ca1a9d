import { defaultHasher } from "../core/password/default.ts";
import type { PasswordChecker } from "../core/password/hasher.ts";
import { type ClaimsOf, type InputOf, isProfile, readInternals, type TokenProfile } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import type { Credential } from "../guard/credential.ts";
import { boundLife } from "../guard/lifetime.ts";
import {
  checkGuardOptions,
  checkToken,
  GUARD_OPTIONS,
  type GuardOptions,
  type GuardSettings,
} from "../guard/options.ts";
import type { LoginSettings } from "../login/settings.ts";
import { checkThrottleOptions, type ThrottleOptions } from "../login/throttle-options.ts";
import { checkRefreshOptions, type RefreshOptions } from "../sessions/refresh-options.ts";
import { assert } from "../shared/assert.ts";
import { createWarning, ignore } from "../shared/listener.ts";
import { checkFunction, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import type { User, UserStore } from "../stores/contract.ts";
import { findTokenPlaces, type TokenPlaces } from "./token-places.ts";

/**
 * The claims that the application adds at a login. hallpass itself writes `sub`, `sid`, `auth_time`, `amr`, `acr` and
 * `cnf`, and those of the profile.
 */
export type LoginClaims<Profile> = Omit<InputOf<Profile>, "sub" | "sid" | "auth_time" | "amr" | "acr" | "cnf">;

/** The option that makes a login's claims. It is required where the profile's schema asks for more than `sub`. */
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

/** The options of an {@link Authenticator}. */
export type AuthenticatorOptions<
  Profile extends TokenProfile = TokenProfile,
  U extends User = User,
> = GuardOptions<Profile> &
  ClaimsMaker<Profile, U> & {
    /**
     * The ways in which a request may show a token. `[bearer(token)]` by default. With `cookieToken`, the handlers set
     * the cookie, and with `dpop` they bind tokens to the key of the request's proof. Give other credentials, such as
     * API keys, a guard of their own.
     */
    readonly credentials?: readonly Credential<ClaimsOf<Profile>>[];
    /** The store of the users. */
    readonly users: UserStore<U>;
    /** The hasher of passwords. By default that of {@link hashPassword}, with the same queue. */
    readonly passwords?: PasswordChecker;
    /**
     * Sessions that outlive their access tokens. None by default: then a user logs in again when the token has expired.
     */
    readonly refresh?: RefreshOptions;
    /** The limits of attempts to log in. None by default. */
    readonly throttle?: ThrottleOptions;
    /** A listener that is told when a hash could not be renewed after a successful login. None by default. */
    readonly onRehashFailure?: (error: unknown) => unknown;
    /**
     * A listener that is told of each login that is refused since the hasher can't read the user's stored hash, so that
     * no password can match. The client gets the answer to a wrong password. By default the process is warned of the
     * first one.
     *
     * @param scheme - the scheme of the hash, as far as it can be told: such as `"bcrypt $2b$"`, `"argon2id"` where it
     * is damaged or over the ceiling, or `"unknown"`
     */
    readonly onUnreadableHash?: (userId: string, scheme: string) => unknown;
  };

/** Authenticator options, checked and with their defaults. */
export type AuthenticatorSettings<U extends User> = GuardSettings &
  Omit<LoginSettings<U>, "budget"> & { readonly places: TokenPlaces };

const OPTIONS: OptionNames<AuthenticatorOptions> = {
  ...GUARD_OPTIONS,
  token: "required",
  credentials: "optional",
  users: "required",
  passwords: "optional",
  claims: "optional",
  refresh: "optional",
  throttle: "optional",
  onRehashFailure: "optional",
  onUnreadableHash: "optional",
};

const FOREIGN =
  "token is a profile of trustIssuer, which only verifies: give that to a guard, and define one of your own to issue";

const VERIFYING = "token is a profile whose first key only verifies: give that to a guard, and sign with a private key";

/** Checks the options of an authenticator. */
export function checkAuthenticatorOptions<Profile extends TokenProfile, U extends User>(
  options: AuthenticatorOptions<Profile, U>,
): AuthenticatorSettings<U> {
  if (isProfile(options)) {
    throw new TypeError("createAuthenticator takes one object: createAuthenticator({ token, users })");
  }
  checkOptions("createAuthenticator", options, OPTIONS);
  const { token } = options;
  // `checkToken` is called even if credentials are given, since it also checks `token`.
  const defaultCredentials = checkToken(token);
  const internals = readInternals<ClaimsSchema | undefined>("createAuthenticator", token);
  const { issues, keys } = internals;
  assert(issues, FOREIGN);
  assert(keys.current()?.set.current !== null, VERIFYING); // Keys that are not loaded yet can't be checked here.
  const settings = checkGuardOptions(options, options.credentials ?? defaultCredentials);
  const { users, passwords = defaultHasher, claims = addNoClaims } = options;
  const { onRehashFailure = ignore, onUnreadableHash = warnOfUnreadableHash() } = options;
  const isUncalled = typeof users === "function" && !("findById" in users);
  if (isUncalled) throw new TypeError("users is a function: call it");
  checkMethods("users", users, ["findById", "findCredentials"], "memoryUsers() of hallpass/stores/memory");
  checkMethods("passwords", passwords, ["hash", "compare", "needsRehash"], "createPasswordHasher({ memoryCost })");
  checkFunction("claims", claims, "(user) => ({ scope: user.scope })");
  checkFunction("onRehashFailure", onRehashFailure, "(error) => logger.warn({ error })");
  checkFunction("onUnreadableHash", onUnreadableHash, "(userId, scheme) => logger.warn({ userId, scheme })");
  const refresh = options.refresh === undefined ? null : checkRefreshOptions(options.refresh);
  const throttle = options.throttle === undefined ? null : checkThrottleOptions(options.throttle, options.token);
  const life = boundLife(internals, settings.credentials);
  const places = findTokenPlaces(internals, settings.credentials);
  const { takesBearer, tokenCookie, proving } = places;
  const bindsAll = proving !== null && !takesBearer && tokenCookie === null;
  const listeners = { onRehashFailure, onUnreadableHash };
  return { ...settings, token, life, places, bindsAll, users, passwords, claims, ...listeners, refresh, throttle };
}

const UNREADABLE =
  "list its scheme in legacy of createPasswordHasher. Further ones are not warned of; give onUnreadableHash to be told of each";

/** Creates the listener that warns of the first hash that can't be read: it looks like a wrong password. */
function warnOfUnreadableHash(): (userId: string, scheme: string) => void {
  const warn = createWarning();
  return (_userId, scheme) => warn(`hallpass: a user's stored hash can't be read (scheme: ${scheme}): ${UNREADABLE}`);
}

function addNoClaims(): object {
  return {};
}
