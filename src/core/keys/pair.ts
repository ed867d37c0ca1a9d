import { createPublicKey, type KeyObject, type SignKeyObjectInput, sign, verify } from "node:crypto";
import { type Algorithm, PAIR_ALGORITHMS, type PairScheme } from "./algorithms.ts";
import { checkFit, checkOrder, onlyAlgorithmOf } from "./fit.ts";
import { type JWK, misfit, publicMembers } from "./jwk.ts";
import { type KeyOperations, makeKey, type VerifyingKey } from "./key.ts";
import { prepare } from "./prepared.ts";
import { signedParts } from "./signed-parts.ts";

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
  const checks = verifiers(prepare(publicHalf, scheme), scheme, modulusOf(jwk));
  const name = kid ?? (await thumbprint(jwk));
  return makeKey(algorithm, name, {
    ...checks,
    publicJwk: { ...jwk, kid: name, alg: algorithm, use: "sig" },
    kidGiven: kid !== undefined,
    ...(half.type === "private" && { sign: signer(prepare(half, scheme), scheme, checks) }),
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

function verifiers(
  key: SignKeyObjectInput,
  { hash }: PairScheme,
  modulus: Buffer | null,
): Pick<KeyOperations, "verify" | "verifyInPool"> {
  const parts = (token: string, end: number) => {
    const signed = signedParts(token, end);
    return signed !== null && isBelow(signed.signature, modulus) ? signed : null;
  };
  return {
    verify(token, end) {
      const signed = parts(token, end);
      return signed !== null && verify(hash, signed.input, key, signed.signature);
    },
    async verifyInPool(token, end) {
      const signed = parts(token, end);
      if (signed === null) return false;
      // Copied: by the time the pool looks at them, those are of another token.
      const { input, signature } = signed;
      return inPool((done) => verify(hash, Buffer.from(input), key, Buffer.from(signature), done));
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
  key: SignKeyObjectInput,
  { hash, keyType }: PairScheme,
  { verify }: Pick<KeyOperations, "verify">,
): NonNullable<KeyOperations["sign"]> {
  const signOnTheSpot = (signingInput: string): string =>
    sign(hash, Buffer.from(signingInput), key).toString("base64url");
  checkSigns(signOnTheSpot, verify);
  // A third of a millisecond is too long for the event loop; every other algorithm signs in less than the trip costs.
  if (keyType !== "rsa") return signOnTheSpot;
  return async (signingInput) => {
    const signature = await inPool<Buffer>((done) => sign(hash, Buffer.from(signingInput), key, done));
    return signature.toString("base64url");
  };
}

/** What node:crypto does when it is given a callback. By hand, as to import node:util takes 3% of the whole import. */
function inPool<Result>(start: (done: (error: Error | null, result: Result) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
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
