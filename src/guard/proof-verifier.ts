import { readMark } from "../shared/read.ts";
import type { AuthorizationHeader, AuthRequest } from "./request.ts";

/** A DPoP proof that is valid for a request (RFC 9449 §4). */
export interface DpopProof {
  /** The RFC 7638 thumbprint of the key that made it, by SHA-256: what a bound token has as `cnf.jkt`. */
  readonly jkt: string;
  /** The id that the client gave it. */
  readonly jti: string;
}

/** Verifies the DPoP proofs of requests (RFC 9449 §4.3). */
export interface ProofVerifier {
  /**
   * Verifies the proof of a request without an access token, at an endpoint that issues tokens, and records the proof
   * as used. Call it only once you know who is asking: otherwise anybody can fill the store.
   *
   * @throws AuthError `invalid_dpop_proof` or `use_dpop_nonce` (401), also if there is no proof; `invalid_request`
   * (400) for several; `unavailable` (503) in an outage
   */
  verify(request: AuthRequest | AuthorizationHeader): Promise<DpopProof>;
  /**
   * Verifies the proof of a request as {@link ProofVerifier.verify} does, and gives `null` for a request without a
   * proof.
   *
   * @throws AuthError as there
   */
  verifyOptional(request: AuthRequest | AuthorizationHeader): Promise<DpopProof | null>;
  /**
   * Checks the proof of a request and does not record it, for a method such as `login` that has yet to find out who is
   * asking. Pass the result to that method as `boundTo`, unchanged. Once it has verified the credentials, the method
   * records the proof as used, and refuses one that was used before or is too old by then. Gives `null` for a request
   * without a proof.
   *
   * @throws AuthError `invalid_dpop_proof` or `use_dpop_nonce` (401); `invalid_request` (400) for several
   *
   * @example
   * ```ts
   * const proof = (await auth.proofs?.check(request)) ?? undefined;
   * const tokens = await auth.login(body, { ip }, { boundTo: proof });
   * ```
   */
  check(request: AuthRequest | AuthorizationHeader): Promise<DpopProof | null>;
  /**
   * Gives the nonce that clients are to use from now on, for the header `DPoP-Nonce` of any answer; `null` where no
   * nonce is asked for.
   */
  nonce(): string | null;
}

/** Records a proof as used. It rejects if the proof was used before. */
export type UseProof = () => Promise<void>;

/**
 * The property that marks a proof of ours, and holds the function that records it as used. Entries of the package have
 * copies of this file, which share a registered symbol. A copy of a proof lacks the property.
 */
const USE = Symbol.for("hallpass.useProof");

/** Makes a proof that can be recorded as used. It is recorded once: a method that tries again gets the same promise. */
export function createProof({ jkt, jti }: DpopProof, use: UseProof): DpopProof {
  let used: Promise<void> | undefined;
  const useOnce: UseProof = () => {
    used ??= use();
    return used;
  };
  return Object.freeze(Object.defineProperty({ jkt, jti }, USE, { value: useOnce }));
}

/** Finds the function that records a proof as used; `undefined` for a value that is not a proof of ours. */
export function findUse(proof: unknown): UseProof | undefined {
  return readMark(proof, USE) as UseProof | undefined;
}

/** Wraps a verifier of proofs, so that functions can replace its refusals by others. */
export function mapRefusals(
  { verify, verifyOptional, check, nonce }: ProofVerifier,
  refuse: (error: unknown) => never,
  refuseUse: (error: unknown) => never = refuse,
): ProofVerifier {
  return Object.freeze({
    verify: (request) => verify(request).catch(refuse),
    verifyOptional: (request) => verifyOptional(request).catch(refuse),
    async check(request) {
      const proof = await check(request).catch(refuse);
      return proof && createProof(proof, () => (findUse(proof) as UseProof)().catch(refuseUse));
    },
    nonce,
  } satisfies ProofVerifier);
}
