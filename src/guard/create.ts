import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { checkOptions } from "../shared/options.ts";
import { bindGuard } from "./bind.ts";
import type { Guard } from "./guard.ts";
import { checkGuardOptions, GUARD_OPTIONS, type GuardOptions } from "./options.ts";

/**
 * Binds a token profile, and a blocklist if there is one, to what a resource server asks of every request.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken });
 * const identity = await guard.authenticate(request.headers.authorization);
 * guard.authorize(identity, ["orders:read"]);
 * ```
 */
export function createGuard<Profile extends TokenProfile>(options: GuardOptions<Profile>): Guard<ClaimsOf<Profile>> {
  checkOptions("createGuard", options, GUARD_OPTIONS);
  return bindGuard(checkGuardOptions(options));
}
