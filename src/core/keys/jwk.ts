import { reading } from "../../shared/read.ts";

/** A JSON Web Key (RFC 7517 §4): the members that hallpass reads, and any others. */
export interface JWK {
  /** The key's type: `"oct"`, `"RSA"`, `"EC"`, `"OKP"` or `"AKP"`. */
  kty: string;
  /** The one algorithm the key is for. */
  alg?: string;
  /** The key's name. */
  kid?: string;
  /** `"sig"`, where it is there at all. */
  use?: string;
  /** Of which a key that signs must allow `"sign"` and one that verifies `"verify"`, where it is there at all. */
  key_ops?: string[];
  /** Any other member: `n` and `e`, `crv`, `x`, `y` and `d`, `k`, `pub` and `priv`. */
  [member: string]: unknown;
}

interface Members {
  readonly public: readonly string[];
  readonly private: readonly string[];
}

const RSA_NUMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;
type RsaNumbers = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/** What the two halves of a key pair are made of, by its type (RFC 7518 §6.2 and §6.3, RFC 8037 §2, RFC 9964 §4). */
const PAIRS: Readonly<Record<string, Members>> = {
  RSA: { public: ["n", "e"], private: ["d", "p", "q", "dp", "dq", "qi"] },
  EC: { public: ["crv", "x", "y"], private: ["d"] },
  OKP: { public: ["crv", "x"], private: ["d"] },
  AKP: { public: ["alg", "pub"], private: ["priv"] },
};

/** Whether a JWK holds a private key, or a part of one. */
export function isPrivate(jwk: JWK): boolean {
  return membersOf(jwk).private.some((name) => jwk[name] !== undefined);
}

/** Refuses the JWK of a key pair that lacks a member. */
export function checkMembers(jwk: JWK): void {
  const half = isPrivate(jwk) ? "private" : "public";
  const names = membersOf(jwk);
  const needed = half === "private" ? [...names.public, ...names.private] : names.public;
  const missing = needed.filter((name) => typeof jwk[name] !== "string").map((name) => `"${name}"`);
  if (missing.length === 0) return;
  throw new TypeError(`importKey: a ${half} JWK of type ${jwk.kty} needs, as a string each: ${missing.join(", ")}`);
}

/** The public half of a key pair's JWK. */
export function publicMembers(jwk: JWK): JWK {
  return { kty: jwk.kty, ...Object.fromEntries(membersOf(jwk).public.map((name) => [name, jwk[name]])) };
}

/** Refuses a private JWK whose public members are not those of the key that was read from it. */
export function checkPublicHalf(given: JWK, own: JWK): void {
  if (membersOf(own).public.some((name) => spelt(given[name]) !== spelt(own[name]))) throw misfit();
}

/**
 * Refuses an RSA private key whose numbers are not of one key (RFC 8017 §3.2). One that has another key's primes or private
 * exponent may sign well all the same, since OpenSSL needs but one of the two.
 */
export function checkPrivateHalf({ kty, ...jwk }: JWK): void {
  if (kty !== "RSA") return;
  const [n, e, d, p, q, dp, dq, qi] = RSA_NUMBERS.map((name) => readNumber(jwk[name])) as RsaNumbers;
  const products: [bigint, bigint][] = [
    [d * e, p - 1n],
    [d * e, q - 1n],
    [dp * e, p - 1n],
    [dq * e, q - 1n],
    [qi * q, p],
  ];
  const isOneKey = p * q === n && p > 1n && q > 1n && products.every(([product, modulus]) => product % modulus === 1n);
  if (!isOneKey) throw misfit();
}

/** The refusal of a key of which the one half is another key's. */
export function misfit(): TypeError {
  return new TypeError("importKey: the private and the public part of this key do not belong together");
}

/** What a member spells. Some write a number with zeros before it. */
function spelt(member: unknown): string {
  return Buffer.from(member as string, "base64url")
    .toString("hex")
    .replace(/^(?:00)+/, "");
}

function readNumber(member: unknown): bigint {
  return BigInt(`0x0${spelt(member)}`);
}

function membersOf({ kty }: JWK): Members {
  const members = Object.hasOwn(PAIRS, kty) ? PAIRS[kty] : undefined;
  if (members !== undefined) return members;
  throw new TypeError(`importKey takes a JWK whose "kty" is oct, ${Object.keys(PAIRS).join(", ")}`);
}

/** Refuses a JWK that says of itself that it is not for signatures, or not for this side of them. */
export function checkUse({ use, key_ops }: JWK, operation: "sign" | "verify"): void {
  if (use !== undefined && use !== "sig") {
    throw new TypeError('importKey: this JWK\'s "use" is not "sig", so it is not a key for tokens');
  }
  if (key_ops !== undefined && !reading("importKey", () => Array.isArray(key_ops) && key_ops.includes(operation))) {
    throw new TypeError(`importKey: this JWK's "key_ops" do not include "${operation}"`);
  }
}
