import { readMark } from "../shared/read.ts";
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
   * Verifies the proof of a request that shows no access token: of an endpoint that gives tokens. It stores that the
   * proof was used. So call it once you know who asks: otherwise anybody can fill the store.
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
   * Checks the proof of a request, and stores nothing: for a verb that has yet to find out who asks. Give the answer to
   * that verb as `boundTo`, as it is. The verb stores that the proof was used once the credentials are good, and
   * refuses one that was used before, or has become too old by then. It gives `null` for a request that has none.
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

/** Stores that a proof was used. It rejects where the proof was used before. */
export type UseProof = () => Promise<void>;

/**
 * The property by which a proof of ours is known, and is used. Entries of the package have copies of this file, which
 * share a registered symbol. A copy of a proof has no such property.
 */
const USE = Symbol.for("hallpass.useProof");

/** Makes a proof that a verb can use. A verb that tries again, and uses it again, gets the same answer. */
export function createProof({ jkt, jti }: DpopProof, use: UseProof): DpopProof {
  let used: Promise<void> | undefined;
  const useOnce: UseProof = () => {
    used ??= use();
    return used;
  };
  return Object.freeze(Object.defineProperty({ jkt, jti }, USE, { value: useOnce }));
}

/** Finds what uses a proof; `undefined` for what is no proof of ours. */
export function findUse(proof: unknown): UseProof | undefined {
  return readMark(proof, USE) as UseProof | undefined;
}

/** Has what verifies proofs throw other refusals than its own. */
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
