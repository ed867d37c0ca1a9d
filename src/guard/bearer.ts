import { isAuthError } from "../core/errors.ts";
import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { checkClock } from "../core/token/profile-checks.ts";
import { systemClock } from "../shared/clock.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { isThenable } from "../shared/promise.ts";
import { explainRefusal, readBearerToken } from "./bearer-header.ts";
import type { Credential, ShownIdentity } from "./credential.ts";
import { readProfiles, verifyShownToken } from "./profiles.ts";
import { type ProfileResolver, Tenants, verifyTenantToken } from "./tenants.ts";
import { keepProfiles, keepResolver } from "./token-credentials.ts";

/** The identity that a token shows, or a promise of it. */
type ShownToken<Profile> = ShownIdentity<ClaimsOf<Profile>> | Promise<ShownIdentity<ClaimsOf<Profile>>>;

/** The options of {@link bearer} with a resolver. */
export interface ResolverOptions {
  /** The clock that measures the age of cached answers, in milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<ResolverOptions> = { now: "optional" };

/**
 * Makes the credential of an `Authorization: Bearer` header (RFC 6750 §2.1).
 *
 * With several profiles, the token's `iss` chooses the one that verifies it. If several have that issuer, its `typ`
 * does. Nothing else is taken from the token before it is verified, and the keys of one profile never verify a token of
 * another.
 *
 * If every customer has an issuer of its own, give a function that finds the profile of an issuer, or `null` for an
 * unknown one. It is called only for https URLs of at most 512 characters, and once at a time for each (single flight).
 * Its answers are cached: a profile for 10 to 15 minutes, and an hour longer while the function fails; `null` for 30 to
 * 45 seconds. A token of an unknown issuer is refused with 401. If the function throws, is late, or returns anything
 * but a profile of this issuer, the answer is 503.
 *
 * Return the same profile object for a tenant each time. A fresh one has yet to fetch its keys, so it can't survive an
 * outage of the issuer.
 *
 * Two issuers may give the same `sub` to two people. Let the profile of another issuer make distinct user ids, by its
 * option `identity`.
 *
 * @param profiles - one profile, several that differ in issuer or `typ`, or a function that finds one
 * @throws TypeError when two profiles could take one token
 *
 * @example
 * ```ts
 * const guard = createGuard({ credentials: [bearer([ourToken, theirToken])] });
 * const tenants = createGuard({ credentials: [bearer((issuer) => profiles.get(issuer) ?? null)] });
 * ```
 */
export function bearer<Profile extends TokenProfile>(
  profiles: Profile | readonly Profile[] | ProfileResolver<Profile>,
  options: ResolverOptions = {},
): Credential<ClaimsOf<Profile>> {
  checkOptions("bearer", options, OPTIONS);
  const { now = systemClock } = options;
  const tenants = typeof profiles === "function" ? new Tenants(profiles, checkClock(now)) : null;
  const kept = typeof profiles === "function" ? [] : readProfiles("bearer", profiles);
  const verify = (token: string): ShownIdentity | Promise<ShownIdentity> =>
    tenants === null ? verifyShownToken(token, kept, "bearer") : verifyTenantToken(token, tenants, "bearer");
  const credential: Credential<ClaimsOf<Profile>> = {
    name: "bearer",
    place: "authorization",
    takesAll: true,
    read: (request) => readBearerToken(request.authorization()),
    verify(token, request) {
      const refuse = (error: unknown): never => {
        throw isAuthError(error) ? explainRefusal(request.authorization(), error) : error;
      };
      try {
        const shown = verify(token) as ShownToken<Profile>;
        return isThenable(shown) ? shown.then(undefined, refuse) : shown;
      } catch (error) {
        return refuse(error);
      }
    },
  };
  return Object.freeze(
    typeof profiles === "function" ? keepResolver(credential, profiles) : keepProfiles(credential, kept),
  );
}
