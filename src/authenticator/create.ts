import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { bindGuard } from "../guard/bind.ts";
import { changePassword } from "../login/change-password.ts";
import { login } from "../login/login.ts";
import { reauthenticate } from "../login/reauthenticate.ts";
import { resetPassword } from "../login/reset-password.ts";
import { startAnySession } from "../login/start-any-session.ts";
import { verifyPassword } from "../login/verify-password.ts";
import { findRefreshTokenOwner, inspectRefreshToken } from "../sessions/inspect-refresh-token.ts";
import { listSessions } from "../sessions/list-sessions.ts";
import { logout, logoutByRefreshToken, logoutSession } from "../sessions/logout.ts";
import { logoutEverywhere } from "../sessions/logout-everywhere.ts";
import { keepOwnerFinder } from "../sessions/owner-finder.ts";
import { refresh } from "../sessions/refresh.ts";
import type { RefreshOptions, RefreshSettings } from "../sessions/refresh-options.ts";
import { revokeAccessToken } from "../sessions/revoke-token.ts";
import { bindOperation } from "../store-calls/operation.ts";
import type { Blocklist, User } from "../stores/contract.ts";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "./authenticator.ts";
import { type AuthenticatorOptions, type AuthenticatorSettings, checkAuthenticatorOptions } from "./options.ts";
import { bindProofs } from "./proofs.ts";

/**
 * Creates an authenticator: the whole flow of one token profile and one user store, with sessions, a blocklist and a
 * throttle if they are given. Without sessions and blocklist there is no `logout`: it could do no more than the client,
 * which drops the token.
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
  const settings = checkAuthenticatorOptions(options);
  const guard = bindGuard(settings);
  const { tokenCookie, takesBearer } = settings.places;
  return Object.freeze({
    ...guard,
    stats: () => ({ ...guard.stats(), passwords: settings.passwords.stats?.() ?? null }),
    tokenCookie,
    proofs: bindProofs(settings),
    takesBearer,
    login: bindOperation("login", settings, login<U>),
    verifyPassword: bindOperation("verifyPassword", settings, verifyPassword<U>),
    startSession: bindOperation("startSession", settings, startAnySession<U>),
    reauthenticate: bindOperation("reauthenticate", settings, reauthenticate<U>),
    throttled: settings.throttle !== null,
    ...(settings.refresh === null && settings.blocklist === null ? {} : bindRevocation(settings)),
    ...(settings.refresh !== null && bindSessions({ ...settings, refresh: settings.refresh })),
  });
}

/** Binds the methods that need sessions or a blocklist. */
function bindRevocation<U extends User>(settings: AuthenticatorSettings<U>): object {
  const { blocklist } = settings;
  return {
    ...(blocklist !== null && {
      revokeAccessToken: bindOperation("revokeAccessToken", { ...settings, blocklist }, revokeAccessToken),
    }),
    logout: bindOperation("logout", settings, logout),
    logoutEverywhere: bindOperation("logoutEverywhere", settings, logoutEverywhere),
    changePassword: bindOperation("changePassword", settings, changePassword<U>),
    resetPassword: bindOperation("resetPassword", settings, resetPassword<U>),
  };
}

/** Binds the methods that need sessions. */
function bindSessions<U extends User>(
  settings: AuthenticatorSettings<U> & { readonly refresh: RefreshSettings },
): object {
  return {
    refresh: bindOperation("refresh", settings, refresh<U>),
    inspectRefreshToken: keepOwnerFinder(
      bindOperation("inspectRefreshToken", settings, inspectRefreshToken<U>),
      bindOperation("inspectRefreshToken", settings, findRefreshTokenOwner),
    ),
    logoutByRefreshToken: bindOperation("logoutByRefreshToken", settings, logoutByRefreshToken),
    logoutSession: bindOperation("logoutSession", settings, logoutSession),
    sessions: bindOperation("sessions", settings, listSessions),
    cookie: settings.refresh.cookie,
  };
}
