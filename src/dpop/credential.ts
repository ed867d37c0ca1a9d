import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenError } from "../core/token/compact.ts";
import type { ClaimsOf, TokenProfile } from "../core/token/profile.ts";
import { readThumbprint } from "../guard/binding.ts";
import type { Credential, ShownIdentity } from "../guard/credential.ts";
import { readProfiles, verifyShownToken } from "../guard/profiles.ts";
import type { CredentialRequest } from "../guard/request.ts";
import { keepCalls, keepProfiles, keepProofs } from "../guard/token-credentials.ts";
import { isThenable } from "../shared/promise.ts";
import { CallCounter } from "../store-calls/stats.ts";
import { createProofChecker } from "./checker.ts";
import { readDpopToken } from "./header.ts";
import { checkDpopOptions, type DpopOptions } from "./options.ts";
import { bindVerifier, createNoProofError, makeChallenge } from "./verifier.ts";

/**
 * Makes the credential of an access token that is bound to a key (RFC 9449): `Authorization: DPoP` with the token, and
 * a header `DPoP` with a proof, which the client makes for this one request. A stolen token, or a stolen request, is
 * worthless.
 *
 * Where an authenticator has it, the handlers of login and refresh take a proof too, and bind the tokens to its key.
 * They demand a proof where no other credential takes a token.
 *
 * @param profiles - one token profile, or several, as for `bearer`
 * @throws TypeError when an option is missing, misspelt or meaningless, or two profiles could take one token
 *
 * @example
 * ```ts
 * const origin = "https://api.example.com";
 * const guard = createGuard({ credentials: [dpop(accessToken, { origin, proofs: redisProofs({ send }) })] });
 * ```
 */
export function dpop<Profile extends TokenProfile>(
  profiles: Profile | readonly Profile[],
  options: DpopOptions,
): Credential<ClaimsOf<Profile>> {
  const kept = readProfiles("dpop", profiles);
  const settings = checkDpopOptions("dpop", options, kept[0]?.now);
  const counter = new CallCounter();
  const check = createProofChecker(settings, counter.observe);

  const prove = (
    shown: ShownIdentity,
    request: CredentialRequest,
    token: string,
    jkt: string,
  ): ShownIdentity | Promise<ShownIdentity> => {
    const proof = check(request, token, jkt);
    if (proof === null) throw createNoProofError();
    return proof.use()?.then(() => shown) ?? shown;
  };

  const credential: Credential<ClaimsOf<Profile>> = {
    name: "dpop",
    place: "authorization",
    challenge: makeChallenge(settings),
    read: (request) => readDpopToken(request.authorization()),
    verify(token, request) {
      let jkt = "";
      const shown = verifyShownToken(token, kept, "dpop", (checked) => {
        jkt = takeThumbprint(checked);
      });
      const proven = isThenable(shown)
        ? shown.then((it) => prove(it, request, token, jkt))
        : prove(shown, request, token, jkt);
      return proven as ShownIdentity<ClaimsOf<Profile>> | Promise<ShownIdentity<ClaimsOf<Profile>>>;
    },
  };
  keepCalls(keepProofs(keepProfiles(credential, kept), bindVerifier(check, settings)), counter);
  return Object.freeze(credential);
}

/** Takes the thumbprint of the key that a token is bound to, and refuses a token that is not bound. */
function takeThumbprint(checked: CheckedClaims): string {
  const jkt = readThumbprint(checked);
  if (jkt === null) throw createTokenError("the token is bound to no key (cnf.jkt), so no proof can be of that key");
  return jkt;
}
