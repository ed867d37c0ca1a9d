import { type ClaimsOf, isProfile, type TokenProfile } from "../core/token/profile.ts";
import { assert } from "../shared/assert.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { bindGuard } from "./bind.ts";
import type { Credential } from "./credential.ts";
import type { TokenGuard } from "./guard.ts";
import {
  type CredentialGuardOptions,
  checkGuardOptions,
  checkToken,
  GUARD_OPTIONS,
  type GuardOptions,
} from "./options.ts";

/** The claims of any of several credentials. */
export type ClaimsOfCredentials<Credentials extends readonly Credential[]> =
  Credentials[number] extends Credential<infer Claims> ? Claims : never;

/**
 * Creates a guard. It authenticates requests by the credentials that a resource server takes, asks the blocklist if
 * there is one, and checks rules.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken });
 * const identity = await guard.authenticate(request.headers.authorization);
 * await guard.authorize(identity, scopes("orders:read"));
 *
 * const pages = createGuard({ credentials: [bearer(accessToken), cookieToken(accessToken)] });
 * const visitor = await pages.authenticate(request);
 * ```
 */
export function createGuard<Profile extends TokenProfile>(
  options: GuardOptions<Profile>,
): TokenGuard<ClaimsOf<Profile>>;
export function createGuard<Credentials extends readonly Credential[]>(
  options: CredentialGuardOptions<Credentials>,
): TokenGuard<ClaimsOfCredentials<Credentials>>;
export function createGuard(options: Partial<GuardOptions & CredentialGuardOptions>): TokenGuard {
  // This is not a module constant: bundlers keep a constant with a spread in it, even where no guard is created.
  const names: OptionNames<Partial<GuardOptions & CredentialGuardOptions>> = {
    token: "optional",
    credentials: "optional",
    ...GUARD_OPTIONS,
  };
  assert(!isProfile(options), "createGuard takes one object: createGuard({ token })");
  checkOptions("createGuard", options, names);
  const { token, credentials } = options;
  assert(token === undefined || credentials === undefined, "createGuard takes token or credentials, and not both");
  const isOfToken = token !== undefined || credentials === undefined;
  return bindGuard(checkGuardOptions(options, isOfToken ? checkToken(token as TokenProfile) : credentials));
}
