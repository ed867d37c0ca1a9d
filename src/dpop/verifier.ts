import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { createProof, mapRefusals, type ProofVerifier } from "../guard/proof-verifier.ts";
import { type ChallengeSettings, nameRealm } from "../guard/refusal.ts";
import { toCredentialRequest } from "../guard/request.ts";
import { createProofError } from "./check-proof.ts";
import { createProofChecker, type ProofChecker } from "./checker.ts";
import { checkDpopOptions, type DpopOptions, type DpopSettings } from "./options.ts";

/** The challenge of credentials with a proof (RFC 9449 §7.1). */
export interface DpopChallenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Makes the challenge that names the algorithms of proofs. */
export function makeChallenge({ algorithms }: DpopSettings): DpopChallenge {
  return Object.freeze({ scheme: "DPoP", parameters: Object.freeze({ algs: algorithms.join(" ") }) });
}

/** Makes the refusal of a request without a proof. */
export function createNoProofError(): ReturnType<typeof createProofError> {
  return createProofError(new Error("there is no DPoP header"));
}

/** Creates the verifier of proofs for requests without an access token. Its refusals have the default challenge. */
export function bindVerifier(checkRequest: ProofChecker, { nonces, now }: DpopSettings): ProofVerifier {
  const find = async (request: Parameters<ProofVerifier["check"]>[0]) =>
    checkRequest(toCredentialRequest(request), null, null);
  const verifyOptional: ProofVerifier["verifyOptional"] = async (request) => {
    const proof = await find(request);
    await proof?.use();
    return proof && createProof(proof, async () => {});
  };
  const verify: ProofVerifier["verify"] = async (request) => {
    const proof = await verifyOptional(request);
    if (proof === null) throw createNoProofError();
    return proof;
  };
  const check: ProofVerifier["check"] = async (request) => {
    const proof = await find(request);
    return proof && createProof(proof, async () => proof.use());
  };
  return Object.freeze({ verify, verifyOptional, check, nonce: () => nonces?.give(readClock(now)) ?? null });
}

/**
 * Creates the verifier of DPoP proofs for requests that ask for tokens, at an endpoint that the application writes. An
 * authenticator with `dpop` among its credentials has one already, as `proofs`.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const proofs = createProofVerifier({ origin: "https://auth.example.com", proofs: memoryProofs() });
 * const { jkt } = await proofs.verify(request);
 * const token = await issueToken({ sub: user.id, cnf: { jkt } }, accessToken);
 * ```
 */
export function createProofVerifier(options: DpopOptions): ProofVerifier {
  const settings = checkDpopOptions("createProofVerifier", options);
  const challenge: ChallengeSettings = { realm: "api", challenge: {}, schemes: [makeChallenge(settings)] };
  return mapRefusals(bindVerifier(createProofChecker(settings), settings), (error) => {
    throw isAuthError(error) ? nameRealm(challenge, error) : error;
  });
}
