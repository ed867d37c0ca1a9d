import { type AsymmetricKeyDetails, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type Algorithm, isPair, PAIR_ALGORITHMS, type PairAlgorithm, type PairScheme } from "./algorithms.ts";
import type { JWK } from "./jwk.ts";
import { type KeyOperations, makeKey, type VerifyingKey } from "./key.ts";
import { signedParts } from "./signed-parts.ts";

const LEAST_RSA_BITS = 2_048;
const LEAST_RSA_EXPONENT = 3n;

// The points of small order on Ed25519 (RFC 8032 §5.1.7), in each spelling that OpenSSL reads, less the sign of x.
const LOW_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

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
  const jwk = publicHalf.export({ format: "jwk" }) as JWK;
  if (isLowOrder(jwk)) {
    throw new TypeError("importKey: this Ed25519 key is a point of small order, with which anyone can forge");
  }
  const name = kid ?? (await thumbprint(jwk));
  const operations: KeyOperations = {
    ...verifiers(publicHalf, scheme),
    publicJwk: { ...jwk, kid: name, alg: algorithm, use: "sig" },
    kidGiven: kid !== undefined,
    ...(half.type === "private" && { sign: signer(half, scheme) }),
  };
  await checkHalvesMatch(operations);
  return makeKey(algorithm, name, operations);
}

/** RFC 7638's name of a public key. */
async function thumbprint(jwk: JWK): Promise<string> {
  const { calculateJwkThumbprint } = await import("jose");
  return calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
}

function onlyAlgorithmOf(half: KeyObject): Algorithm {
  const fitting = Object.keys(PAIR_ALGORITHMS).filter((name) => isPair(name) && fits(half, name));
  const [algorithm] = fitting;
  if (algorithm === undefined) throw new TypeError(`importKey: no algorithm fits ${described(half)}`);
  if (half.asymmetricKeyType === "rsa") {
    throw new TypeError(`importKey: an RSA key needs its algorithm named: { algorithm: ${fitting.join(" | ")} }`);
  }
  return algorithm as Algorithm;
}

function checkFit(half: KeyObject, algorithm: Algorithm): asserts algorithm is PairAlgorithm {
  if (!isPair(algorithm) || !fits(half, algorithm)) {
    throw new TypeError(`importKey: ${described(half)} does not fit the algorithm ${algorithm}`);
  }
  const { modulusLength, publicExponent } = half.asymmetricKeyDetails as AsymmetricKeyDetails;
  if (modulusLength !== undefined && modulusLength < LEAST_RSA_BITS) {
    throw new TypeError(`importKey: this RSA key has ${modulusLength} bits, and ${LEAST_RSA_BITS} is the least`);
  }
  if (publicExponent !== undefined && publicExponent < LEAST_RSA_EXPONENT) {
    throw new TypeError("importKey: this RSA key has a public exponent under 3, with which anyone can forge");
  }
}

function fits(half: KeyObject, algorithm: PairAlgorithm): boolean {
  const { keyType, curve } = PAIR_ALGORITHMS[algorithm];
  return half.asymmetricKeyType === keyType && half.asymmetricKeyDetails?.namedCurve === curve;
}

function isLowOrder({ crv, x }: JWK): boolean {
  if (crv !== "Ed25519") return false;
  const point = Buffer.from(x as string, "base64url");
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return LOW_ORDER.has(point.toString("hex"));
}

function described(half: KeyObject): string {
  const curve = half.asymmetricKeyDetails?.namedCurve;
  return `a key of type ${half.asymmetricKeyType}${curve === undefined ? "" : ` on the curve ${curve}`}`;
}

function verifiers(key: KeyObject, { hash, options }: PairScheme): Pick<KeyOperations, "verify" | "verifyInPool"> {
  const prepared = { key, ...options };
  return {
    verify(token, end) {
      const signed = signedParts(token, end);
      return signed !== null && verify(hash, signed.input, prepared, signed.signature);
    },
    async verifyInPool(token, end) {
      const signed = signedParts(token, end);
      if (signed === null) return false;
      // Copied: by the time the pool looks at them, those are of another token.
      const { input, signature } = signed;
      return inPool((done) => verify(hash, Buffer.from(input), prepared, Buffer.from(signature), done));
    },
  };
}

function signer(key: KeyObject, { hash, keyType, options }: PairScheme): NonNullable<KeyOperations["sign"]> {
  const prepared = { key, ...options };
  // A third of a millisecond is too long for the event loop; every other algorithm signs in less than the trip costs.
  if (keyType === "rsa") {
    return async (signingInput) => {
      const signature = await inPool<Buffer>((done) => sign(hash, Buffer.from(signingInput), prepared, done));
      return signature.toString("base64url");
    };
  }
  return (signingInput) => sign(hash, Buffer.from(signingInput), prepared).toString("base64url");
}

/** What node:crypto does when it is given a callback. By hand, as to import node:util takes 3% of the whole import. */
function inPool<Result>(start: (done: (error: Error | null, result: Result) => void) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

/** A private key whose public members are another key's signs tokens that nobody can verify. */
async function checkHalvesMatch({ sign, verify }: KeyOperations): Promise<void> {
  if (sign === undefined) return;
  const probe = "probe";
  try {
    if (verify(`${probe}.${await sign(probe)}`, probe.length)) return;
  } catch {
    // A number that is damaged can be such that nothing can be reckoned with it.
  }
  throw new TypeError("importKey: the private and the public part of this key do not belong together");
}
