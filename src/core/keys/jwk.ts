import { readSafely } from "../../shared/read.ts";

/** A JSON Web Key (RFC 7517 §4). It may have members that hallpass does not read. */
export interface JWK {
  /** The key's type: `"oct"`, `"RSA"`, `"EC"`, `"OKP"` or `"AKP"`. */
  kty: string;
  /** The one algorithm the key is for. */
  alg?: string;
  /** The key's name. */
  kid?: string;
  /** What the key is for. `"sig"` is the one use that fits a key for tokens. A key may also leave it out. */
  use?: string;
  /**
   * What the key may do. If it is there, it includes `"sign"` in a key that signs, or `"verify"` in one that verifies.
   */
  key_ops?: string[];
  /** Any other member: `n` and `e`, `crv`, `x`, `y` and `d`, `k`, `pub` and `priv`. */
  [member: string]: unknown;
}

interface HalfMembers {
  readonly public: readonly string[];
  readonly private: readonly string[];
}

/** The members of the two halves of a key pair, by its type (RFC 7518 §6.2 and §6.3, RFC 8037 §2, RFC 9964 §4). */
const PAIRS: Readonly<Record<string, HalfMembers>> = {
  RSA: { public: ["n", "e"], private: ["d", "p", "q", "dp", "dq", "qi"] },
  EC: { public: ["crv", "x", "y"], private: ["d"] },
  OKP: { public: ["crv", "x"], private: ["d"] },
  AKP: { public: ["alg", "pub"], private: ["priv"] },
};

/** Whether a JWK holds any member of a private key. */
export function isPrivate(jwk: JWK): boolean {
  return findMembers(jwk).private.some((name) => jwk[name] !== undefined);
}

/** Refuses the JWK of a key pair that lacks a member, or is of more than two primes (RFC 7518 §6.3.2.7). */
export function checkMembers(jwk: JWK): void {
  const half = isPrivate(jwk) ? "private" : "public";
  const names = findMembers(jwk);
  if (jwk.kty === "RSA" && jwk.oth !== undefined) {
    throw new TypeError('importKey: this RSA key is made of more than two primes ("oth"); use one of two');
  }
  const needed = half === "private" ? [...names.public, ...names.private] : names.public;
  const missing = needed.filter((name) => typeof jwk[name] !== "string").map((name) => `"${name}"`);
  if (missing.length === 0) return;
  throw new TypeError(`importKey: a ${half} JWK of type ${jwk.kty} needs, as a string each: ${missing.join(", ")}`);
}

/** Copies the public half of a key pair's JWK. */
export function copyPublicHalf(jwk: JWK): JWK {
  return { kty: jwk.kty, ...Object.fromEntries(findMembers(jwk).public.map((name) => [name, jwk[name]])) };
}

/** Refuses a private JWK whose public members are not those of the key that was read from it. */
export function checkPublicHalf(given: JWK, own: JWK): void {
  const { public: names } = findMembers(own);
  if (names.some((name) => readHex(given[name]) !== readHex(own[name]))) throw createMismatchError();
}

/** Creates the error about a key that has parts of another key. */
export function createMismatchError(): TypeError {
  return new TypeError("importKey: the private and the public part of this key do not belong together");
}

/** Reads a member's bytes as hex, without leading zeros, which some encoders write. */
export function readHex(member: unknown): string {
  return Buffer.from(member as string, "base64url")
    .toString("hex")
    .replace(/^(?:00)+/, "");
}

function findMembers({ kty }: JWK): HalfMembers {
  const members = Object.hasOwn(PAIRS, kty) ? PAIRS[kty] : undefined;
  if (members !== undefined) return members;
  throw new TypeError(`importKey takes a JWK whose "kty" is oct, ${Object.keys(PAIRS).join(", ")}`);
}

/** Refuses a JWK whose members say that it is not for signatures, or not for this operation. */
export function checkUse({ use, key_ops }: JWK, operation: "sign" | "verify"): void {
  if (use !== undefined && use !== "sig") {
    throw new TypeError('importKey: this JWK\'s "use" is not "sig", so it is not a key for tokens');
  }
  if (key_ops !== undefined && !readSafely("importKey", () => Array.isArray(key_ops) && key_ops.includes(operation))) {
    throw new TypeError(`importKey: this JWK's "key_ops" do not include "${operation}"`);
  }
}
