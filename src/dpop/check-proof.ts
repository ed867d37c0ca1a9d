import { computeDigest } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import type { CredentialRequest } from "../guard/request.ts";
import { describeMismatch } from "../shared/describe.ts";
import { MAX_PROOF_ID_LENGTH } from "../shared/limits.ts";
import type { DpopSettings } from "./options.ts";
import type { SignedProof } from "./read-proof.ts";
import { listTargets, normaliseUri } from "./uri.ts";

/** What a proof must be made for. */
export interface Purpose {
  readonly request: CredentialRequest;
  /** The access token that comes with it; `null` if there is none. */
  readonly token: string | null;
  /** The current time, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Checks that a proof was made for a request, its access token, and the current time (RFC 9449 §4.3).
 *
 * @returns the id that the client gave it
 * @throws AuthError `invalid_dpop_proof` or `use_dpop_nonce` (401)
 */
export function checkProof({ payload }: SignedProof, purpose: Purpose, settings: DpopSettings): string {
  const { request, token, at } = purpose;
  const { jti, htm, htu, ath } = payload;
  if (!isProofId(jti)) throw createProofMismatch("jti", jti, `a text of 1 to ${MAX_PROOF_ID_LENGTH} characters`);
  if (typeof htm !== "string" || htm !== request.method) throw createProofMismatch("htm", htm, String(request.method));
  const targets = listTargets(request.url, settings.bases);
  const target = typeof htu === "string" ? normaliseUri(htu) : null;
  if (target === null || !targets.includes(target)) throw createProofMismatch("htu", htu, targets);
  if (token !== null && ath !== computeDigest(token))
    throw createProofMismatch("ath", ath, "the SHA-256 of the access token");
  findEnd(payload, at, settings);
  return jti;
}

/**
 * Checks the age of a proof, and computes until when it would be accepted, in milliseconds since 1970. If nonces are
 * used, the nonce decides, whatever the client's clock says (RFC 9449 §11.1).
 *
 * @throws AuthError `invalid_dpop_proof` or `use_dpop_nonce` (401) where it is too old or not valid yet, or lacks a
 * current nonce
 */
export function findEnd(
  { iat, nonce }: SignedProof["payload"],
  at: number,
  { nonces, maxAge, clockTolerance }: DpopSettings,
): number {
  if (typeof iat !== "number" || !Number.isFinite(iat))
    throw createProofMismatch("iat", iat, "a finite number of seconds");
  if (nonces !== null) {
    const end = isProofId(nonce) ? nonces.findEnd(nonce, at) : null;
    if (end !== null) return end + clockTolerance;
    const cause = new Error(describeMismatch("nonce", nonce, "one that was given a moment ago"));
    throw new AuthError("use_dpop_nonce", { cause, headers: { "DPoP-Nonce": nonces.give(at) } });
  }
  const age = at - iat * 1_000;
  if (!(age <= maxAge + clockTolerance))
    throw createProofMismatch("iat", iat, `at most ${maxAge / 1_000} s ago, at ${at / 1_000}`);
  if (!(age >= -clockTolerance)) throw createProofMismatch("iat", iat, `not to come, at ${at / 1_000}`);
  // Another process may accept it for longer, by a clock that is behind this one. And it is valid up to and including
  // its last millisecond, when a store may already drop it: hence the 1.
  return iat * 1_000 + maxAge + 2 * clockTolerance + 1;
}

function isProofId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_PROOF_ID_LENGTH;
}

function createProofMismatch(name: string, value: unknown, expected: string | readonly string[]): AuthError {
  return createProofError(new Error(describeMismatch(name, value, expected)));
}

/** Makes the refusal of a proof. The client gets the same answer for every reason; the cause is for the developer. */
export function createProofError(cause: unknown): AuthError {
  return new AuthError("invalid_dpop_proof", { cause });
}
