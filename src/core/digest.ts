import { createHash, randomBytes } from "node:crypto";

/** A secret that nobody can guess, as text: 32 random bytes in base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What of a text may be stored or used as a key where the text itself may not: its SHA-256, in base64url. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
