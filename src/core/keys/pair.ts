import { createPublicKey, type KeyObject } from "node:crypto";
import type { Algorithm } from "./algorithms.ts";
import { checkFit, checkOrder, onlyAlgorithmOf } from "./fit.ts";
import { type Half, halfOf } from "./half.ts";
import { checkPrivateHalf, type JWK, misfit, publicMembers } from "./jwk.ts";
import { type KeyOperations, makeKey, type VerifyingKey } from "./key.ts";
import { PAIR_ALGORITHMS, type PairScheme } from "./pair-algorithms.ts";
import { type SignedParts, signedParts } from "./signed-parts.ts";

/** Makes a key out of half a key pair, once it is known to fit its algorithm and to be strong enough. */
export async function pairKey(
  half: KeyObject,
  named: Algorithm | undefined,
  kid: string | undefined,
): Promise<VerifyingKey> {
  const algorithm = named ?? onlyAlgorithmOf(half);
  const publicHalf = half.type === "private" ? createPublicKey(half) : half;
  checkFit(publicHalf, algorithm);
  const scheme = PAIR_ALGORITHMS[algorithm];
  const jwk = publicMembers(publicHalf.export({ format: "jwk" }) as JWK);
  checkOrder(jwk);
  if (half.type === "private") checkPrivateHalf(half.export({ format: "jwk" }) as JWK);
  const checks = verifiers(halfOf(publicHalf, scheme), modulusOf(jwk));
  const name = kid ?? (await thumbprint(jwk));
  return makeKey(algorithm, name, {
    ...checks,
    publicJwk: { ...jwk, kid: name, alg: algorithm, use: "sig" },
    kidGiven: kid !== undefined,
    ...(half.type === "private" && { sign: signer(halfOf(half, scheme), scheme, checks) }),
  });
}

/** RFC 7638's name of a public key. */
async function thumbprint(jwk: JWK): Promise<string> {
  const { calculateJwkThumbprint } = await import("jose");
  return calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
}

/** What every RSA signature is a number below (RFC 8017 §5.2.2); `null` for a key of another kind. */
function modulusOf({ kty, n }: JWK): Buffer | null {
  return kty === "RSA" ? Buffer.from(n as string, "base64url") : null;
}

function verifiers(half: Half, modulus: Buffer | null): Pick<KeyOperations, "verify" | "verifyInPool"> {
  const parts = (token: string, end: number): SignedParts | null => {
    const signed = signedParts(token, end);
    return signed !== null && isBelow(signed.signature, modulus) ? signed : null;
  };
  return {
    verify(token, end) {
      const signed = parts(token, end);
      return signed !== null && half.verify(signed.input, signed.signature);
    },
    async verifyInPool(token, end) {
      const signed = parts(token, end);
      if (signed === null) return false;
      // Copied: by the time the pool looks at them, those are of another token.
      return half.verifyInPool(Buffer.from(signed.input), Buffer.from(signed.signature));
    },
  };
}

/**
 * Whether a signature is of its modulus' length, and a number below it, as RFC 8017 §8.1.2 demands: under RSA-PSS, Node
 * takes one without its leading zeros and Deno takes one with the modulus added, which makes a second token of each.
 */
function isBelow(signature: Buffer, modulus: Buffer | null): boolean {
  return modulus === null || (signature.length === modulus.length && signature.compare(modulus) < 0);
}

/** How a private key signs, once it is known to sign what its public half verifies. */
function signer(
  half: Half,
  { keyType }: PairScheme,
  { verify }: Pick<KeyOperations, "verify">,
): NonNullable<KeyOperations["sign"]> {
  const sign = (signingInput: string): string => half.sign(Buffer.from(signingInput)).toString("base64url");
  checkSigns(sign, verify);
  // A third of a millisecond is too long for the event loop; every other algorithm signs in less than the trip costs.
  if (keyType !== "rsa") return sign;
  return async (signingInput) => (await half.signInPool(Buffer.from(signingInput))).toString("base64url");
}

/**
 * Refuses a private key that signs nothing, or what nobody can verify. It is tried on the spot: signing that fails in the
 * pool aborts the whole process on Node 20.19.0, 22.12 to 22.15.0, and 24.0.0.
 */
function checkSigns(sign: (signingInput: string) => string, verify: KeyOperations["verify"]): void {
  const probe = "probe";
  try {
    if (verify(`${probe}.${sign(probe)}`, probe.length)) return;
  } catch {
    // A number that is damaged can be such that nothing can be reckoned with it.
  }
  throw misfit();
}
