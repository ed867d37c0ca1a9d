/**
 * Access tokens that are bound to a key of the client's (DPoP, RFC 9449): the credential, and the verifier of proofs
 * for endpoints that give tokens.
 *
 * @module
 */
export { dpop } from "./dpop/credential.ts";
export type { DpopNonceOptions } from "./dpop/nonces.ts";
export type { DpopOptions } from "./dpop/options.ts";
export { createProofVerifier } from "./dpop/verifier.ts";
export type { DpopProof, ProofVerifier } from "./guard/proof-verifier.ts";
export type { ProofStore } from "./stores/contract.ts";
