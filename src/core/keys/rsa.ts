import { createMismatchError, type JWK, readHex } from "./jwk.ts";

const NUMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;
type Numbers = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/**
 * Refuses an RSA private key whose numbers belong to several keys (RFC 8017 §3.2). OpenSSL signs with the primes, or
 * with the private exponent if the primes fail. So even such a key may give valid signatures.
 */
export function checkRsaNumbers(jwk: JWK): void {
  const [n, e, d, p, q, dp, dq, qi] = NUMBERS.map((name) => BigInt(`0x0${readHex(jwk[name])}`)) as Numbers;
  const inverses: readonly (readonly [product: bigint, modulus: bigint])[] = [
    [d * e, p - 1n],
    [d * e, q - 1n],
    [dp * e, p - 1n],
    [dq * e, q - 1n],
    [qi * q, p],
  ];
  const isOneKey = p * q === n && p > 1n && q > 1n && inverses.every(([product, modulus]) => product % modulus === 1n);
  if (!isOneKey) throw createMismatchError();
}
