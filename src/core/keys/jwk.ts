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

/** Whether a JWK holds a private key: `priv` is ML-DSA's name for what all others call `d`. */
export function isPrivate(jwk: JWK): boolean {
  return jwk.d !== undefined || jwk.priv !== undefined;
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
