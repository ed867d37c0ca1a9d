import type { CookieSettings } from "../core/http/cookie-options.ts";
import { areAlike } from "../guard/alike.ts";
import type { Credential } from "../guard/credential.ts";
import type { Internals } from "../guard/profiles.ts";
import type { ProofVerifier } from "../guard/proof-verifier.ts";
import { findProofs, findTokenCookie, listProfiles } from "../guard/token-credentials.ts";

/** The ways in which a request may show the tokens that an authenticator issues. */
export interface TokenPlaces {
  /** The cookie that carries one; `null` where no credential takes one. */
  readonly tokenCookie: CookieSettings | null;
  /** Whether one is taken from the Authorization header as a Bearer token. */
  readonly takesBearer: boolean;
  /** The credential that takes one with a proof, and the verifier of the proof; `null` where none does. */
  readonly proving: { readonly credential: Credential; readonly proofs: ProofVerifier } | null;
}

/**
 * Finds the ways in which a request may show tokens of a profile. A credential takes them if one of its profiles fits.
 * A credential without known profiles may take them, too.
 */
export function findTokenPlaces(own: Internals, credentials: readonly Credential[]): TokenPlaces {
  const taking = credentials.filter((it) => {
    const profiles = listProfiles(it);
    return profiles.length === 0 || profiles.some((profile) => profile.issuer === null || areAlike(profile, own));
  });
  return {
    tokenCookie: findTokenCookie(taking),
    takesBearer: taking.some(({ name }) => name === "bearer"),
    proving: findProofs(taking),
  };
}
