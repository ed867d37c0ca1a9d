import crypto from "node:crypto";
import type { JWK } from "./jwk.ts";

/** Computes the RFC 7638 thumbprint of a public key that has nothing but its required members. */
export function computeThumbprint(jwk: JWK): string {
  const members = JSON.stringify(jwk, Object.keys(jwk).sort());
  return crypto.createHash("sha256").update(members).digest("base64url");
}
