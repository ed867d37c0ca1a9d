import { createHash, randomBytes } from "node:crypto";

/** Makes a secret that nobody can guess: 32 random bytes in base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Computes a text's SHA-256 in base64url. It can be stored, or be a key, where the text itself must stay secret. */
export function computeDigest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
