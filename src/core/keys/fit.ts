import type { AsymmetricKeyDetails, KeyObject } from "node:crypto";
import { assert } from "../../shared/assert.ts";
import type { Algorithm, PairAlgorithm } from "./algorithms.ts";
import type { JWK } from "./jwk.ts";
import { isPair, PAIR_ALGORITHMS } from "./pair-algorithms.ts";

const MIN_RSA_BITS = 2_048;
const MIN_RSA_EXPONENT = 3n;

/** OpenSSL verifies nothing with a longer modulus, nor with a long exponent where the modulus has over 3072 bits. */
const MAX_RSA_BITS = 16_384;
const MAX_RSA_BITS_WITH_LONG_EXPONENT = 3_072;
const MAX_RSA_EXPONENT = 0xffff_ffff_ffff_ffffn;

/**
 * The points of small order on Ed25519 (RFC 8032 §5.1.7), in each spelling that OpenSSL reads, without the sign of x.
 */
const LOW_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Finds the algorithm of a key that fits only one. */
export function findOnlyAlgorithm(half: KeyObject): Algorithm {
  const fitting = Object.keys(PAIR_ALGORITHMS).filter((name) => isPair(name) && fits(half, name));
  const [algorithm] = fitting;
  if (algorithm === undefined) throw new TypeError(`importKey: no algorithm fits ${describeKeyType(half)}`);
  if (half.asymmetricKeyType === "rsa") {
    throw new TypeError(`importKey: an RSA key needs its algorithm named: { algorithm: ${fitting.join(" | ")} }`);
  }
  return algorithm as Algorithm;
}

/** Refuses a key that does not fit its algorithm, or is weak. */
export function checkFit(half: KeyObject, algorithm: Algorithm): asserts algorithm is PairAlgorithm {
  if (!isPair(algorithm) || !fits(half, algorithm)) {
    throw new TypeError(`importKey: ${describeKeyType(half)} does not fit the algorithm ${algorithm}`);
  }
  checkRsaSize(half.asymmetricKeyDetails as AsymmetricKeyDetails);
}

/** Refuses an RSA key whose size is out of range. A key of another type has neither number, and passes. */
function checkRsaSize(details: AsymmetricKeyDetails): void {
  const { modulusLength: bits = MIN_RSA_BITS, publicExponent: exponent = MIN_RSA_EXPONENT } = details;
  assert(bits >= MIN_RSA_BITS, `importKey: this RSA key has ${bits} bits, and ${MIN_RSA_BITS} is the least`);
  assert(bits <= MAX_RSA_BITS, `importKey: this RSA key has ${bits} bits, and ${MAX_RSA_BITS} is the most`);
  const isLarge = exponent >= MIN_RSA_EXPONENT;
  assert(isLarge, "importKey: this RSA key has a public exponent under 3, with which anyone can forge");
  const isUsable = bits <= MAX_RSA_BITS_WITH_LONG_EXPONENT || exponent <= MAX_RSA_EXPONENT;
  assert(isUsable, "importKey: this RSA key of over 3072 bits has a public exponent over 64 bits; use one of 65537");
}

/** Refuses a point of small order. Such a key has signatures that are valid for every text. */
export function checkOrder({ crv, x }: JWK): void {
  if (crv !== "Ed25519") return;
  const point = Buffer.from(x as string, "base64url");
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  if (!LOW_ORDER.has(point.toString("hex"))) return;
  throw new TypeError("importKey: this Ed25519 key is a point of small order, with which anyone can forge");
}

function fits(half: KeyObject, algorithm: PairAlgorithm): boolean {
  const { keyType, curve } = PAIR_ALGORITHMS[algorithm];
  return half.asymmetricKeyType === keyType && half.asymmetricKeyDetails?.namedCurve === curve;
}

function describeKeyType(half: KeyObject): string {
  const curve = half.asymmetricKeyDetails?.namedCurve;
  return `a key of type ${half.asymmetricKeyType}${curve === undefined ? "" : ` on the curve ${curve}`}`;
}
