/**
 * Access tokens bound to a client's key (DPoP, RFC 9449): the credential for guards, and the proof verifier for
 * endpoints that issue tokens.
 *
 * @module
 */
export { dpop } from "./dpop/credential.ts";
export type { DpopNonceOptions } from "./dpop/nonces.ts";
export type { DpopOptions } from "./dpop/options.ts";
export { createProofVerifier } from "./dpop/verifier.ts";
export type { DpopProof, ProofVerifier } from "./guard/proof-verifier.ts";
export type { ProofStore } from "./stores/contract.ts";
