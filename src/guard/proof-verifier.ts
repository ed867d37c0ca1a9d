import type { AuthorizationHeader, AuthRequest } from "./request.ts";

/** A DPoP proof that is good for a request (RFC 9449 §4). */
export interface DpopProof {
  /** The RFC 7638 thumbprint of the key that made it, by SHA-256: what a bound token has as `cnf.jkt`. */
  readonly jkt: string;
  /** The id that the client gave it. */
  readonly jti: string;
}

/** Verifies the DPoP proofs of requests (RFC 9449 §4.3). */
export interface ProofVerifier {
  /**
   * Verifies the proof of a request that shows no access token: of an endpoint that gives tokens.
   *
   * @throws AuthError `invalid_dpop_proof` or `use_dpop_nonce` (401), also where there is none; `invalid_request` (400)
   * for several; `unavailable` (503) in an outage
   */
  verify(request: AuthRequest | AuthorizationHeader): Promise<DpopProof>;
  /**
   * Verifies the proof of a request as {@link ProofVerifier.verify} does, and gives `null` for a request that has none.
   *
   * @throws AuthError as there
   */
  verifyOptional(request: AuthRequest | AuthorizationHeader): Promise<DpopProof | null>;
  /**
   * Gives the nonce that clients are to use from now on, for the header `DPoP-Nonce` of any answer; `null` where no
   * nonce is asked for.
   */
  nonce(): string | null;
}
