import { isAuthError } from "../core/errors.ts";
import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { isThenable } from "../shared/promise.ts";
import { explainRefusal, readToken } from "./bearer-header.ts";
import type { Credential, ShownIdentity } from "./credential.ts";
import { readProfiles, verifyShownToken } from "./profiles.ts";
import { keepProfiles } from "./token-credentials.ts";

/** What a token says, or a promise of it. */
type Verified<Profile> = ShownIdentity<ClaimsOf<Profile>> | Promise<ShownIdentity<ClaimsOf<Profile>>>;

/**
 * Makes the credential of an `Authorization: Bearer` header (RFC 6750 §2.1).
 *
 * Of several profiles, the token's own `iss` chooses the one that verifies it, and where several have that issuer, its
 * `typ` does. Nothing else is taken from the token before it is verified, and the keys of one profile never verify a
 * token of another.
 *
 * Two issuers may give two people one `sub`. Have a profile of another issuer make user ids of its own, by `identity`.
 *
 * @param profiles - one profile, or several that differ in issuer or `typ`
 * @throws TypeError when two profiles could take one token
 *
 * @example
 * ```ts
 * const guard = createGuard({ credentials: [bearer([ourToken, theirToken])] });
 * ```
 */
export function bearer<Profile extends TokenProfile>(
  profiles: Profile | readonly Profile[],
): Credential<ClaimsOf<Profile>> {
  const kept = readProfiles("bearer", profiles);
  const credential: Credential<ClaimsOf<Profile>> = {
    name: "bearer",
    place: "authorization",
    takesAll: true,
    read: (request) => readToken(request.authorization()),
    verify(token, request) {
      const refuse = (error: unknown): never => {
        throw isAuthError(error) ? explainRefusal(request.authorization(), error) : error;
      };
      try {
        const shown = verifyShownToken(token, kept, "bearer") as Verified<Profile>;
        return isThenable(shown) ? shown.then(undefined, refuse) : shown;
      } catch (error) {
        return refuse(error);
      }
    },
  };
  return Object.freeze(keepProfiles(credential, kept));
}
