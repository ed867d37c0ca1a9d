import { createPublicKey, type KeyObject } from "node:crypto";
import { decodeBase64url, isAscii } from "../base64url.ts";
import type { Algorithm, PairAlgorithm } from "./algorithms.ts";
import { checkFit, checkOrder, findOnlyAlgorithm } from "./fit.ts";
import { type Half, prepareHalf } from "./half.ts";
import { copyPublicHalf, createMismatchError, type JWK } from "./jwk.ts";
import { type KeyOperations, makeKey, type VerifyingKey } from "./key.ts";
import { PAIR_ALGORITHMS, type PairScheme } from "./pair-algorithms.ts";
import { checkRsaNumbers } from "./rsa.ts";
import { computeThumbprint } from "./thumbprint.ts";

/** Creates a key from half a key pair, after checking that it fits its algorithm and is strong enough. */
export function createPairKey(half: KeyObject, named: Algorithm | undefined, kid: string | undefined): VerifyingKey {
  const algorithm = named ?? findOnlyAlgorithm(half);
  const isPrivate = half.type === "private";
  const publicHalf = isPrivate ? createPublicKey(half) : half;
  const scheme = PAIR_ALGORITHMS[algorithm as PairAlgorithm];
  const { jwk, verifiers } = preparePublicHalf(publicHalf, algorithm);
  if (isPrivate && jwk.kty === "RSA") checkRsaNumbers(half.export({ format: "jwk" }) as JWK);
  const name = kid ?? computeThumbprint(jwk);
  return makeKey(algorithm, name, {
    ...verifiers,
    publicJwk: { ...jwk, kid: name, alg: algorithm, use: "sig" },
    kidGiven: kid !== undefined,
    ...(isPrivate && { sign: createSigner(prepareHalf(half, scheme), scheme, verifiers) }),
  });
}

/** The public half of a key pair, ready to verify. */
export interface PublicHalf {
  /** Its public members, as node:crypto writes them. */
  readonly jwk: JWK;
  readonly verifiers: Pick<KeyOperations, "verify" | "verifyInPool">;
}

/** Prepares a public half, after checking that it fits its algorithm and is strong enough. */
export function preparePublicHalf(half: KeyObject, algorithm: Algorithm): PublicHalf {
  checkFit(half, algorithm);
  const jwk = copyPublicHalf(half.export({ format: "jwk" }) as JWK);
  checkOrder(jwk);
  return { jwk, verifiers: createVerifiers(prepareHalf(half, PAIR_ALGORITHMS[algorithm]), readModulus(jwk)) };
}

/** Reads the modulus of an RSA key; `null` for a key of another kind. */
function readModulus({ kty, n }: JWK): Buffer | null {
  return kty === "RSA" ? Buffer.from(n as string, "base64url") : null;
}

function createVerifiers(half: Half, modulus: Buffer | null): Pick<KeyOperations, "verify" | "verifyInPool"> {
  const readSignature = (token: string, end: number): Buffer | null => {
    const signature = isAscii(token) ? decodeBase64url(token.slice(end + 1)) : null;
    return signature !== null && isBelow(signature, modulus) ? signature : null;
  };
  return {
    verify(token, end) {
      const signature = readSignature(token, end);
      return signature !== null && half.verify(Buffer.from(token.slice(0, end)), signature);
    },
    async verifyInPool(token, end) {
      const signature = readSignature(token, end);
      return signature !== null && half.verifyInPool(Buffer.from(token.slice(0, end)), signature);
    },
  };
}

/**
 * Whether an RSA signature is as long as its modulus, and a number below it (RFC 8017 §8.1.2). For RSA-PSS, Node takes
 * a signature without its leading zeros, and Deno takes one with the modulus added. Each would be a second spelling of
 * one signature.
 */
function isBelow(signature: Buffer, modulus: Buffer | null): boolean {
  return modulus === null || (signature.length === modulus.length && signature.compare(modulus) < 0);
}

/** Creates the function that signs with a private key, after checking that its public half verifies what it signs. */
function createSigner(
  half: Half,
  { keyType }: PairScheme,
  { verify }: Pick<KeyOperations, "verify">,
): NonNullable<KeyOperations["sign"]> {
  const sign = (signingInput: string): string => half.sign(Buffer.from(signingInput)).toString("base64url");
  checkTrialSignature(sign, verify);
  // RSA takes a third of a millisecond, too long for the event loop. Other signatures take less time than the way to
  // the pool.
  if (keyType !== "rsa") return sign;
  return async (signingInput) => (await half.signInPool(Buffer.from(signingInput))).toString("base64url");
}

/**
 * Refuses a private key that can't sign, or whose public half does not verify what it signs. The trial is not in the
 * pool, as an error there aborts the process on Node 20.19.0, 22.12 to 22.15.0, and 24.0.0.
 */
function checkTrialSignature(sign: (signingInput: string) => string, verify: KeyOperations["verify"]): void {
  const probe = "probe";
  try {
    if (verify(`${probe}.${sign(probe)}`, probe.length)) return;
  } catch {
    // OpenSSL can't compute with some damaged numbers.
  }
  throw createMismatchError();
}
