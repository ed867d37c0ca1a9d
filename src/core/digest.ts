import crypto, { randomBytes } from "node:crypto";

/** Creates a secret that nobody can guess: 32 random bytes in base64url. */
export function createSecret(): string {
  return randomBytes(32).toString("base64url");
}

type TextHash = (algorithm: string, text: string, encoding: "base64url") => string;

/** node:crypto's one-shot hash, which takes less than half the time of a hash object. Some runtimes lack it. */
const ONE_SHOT = (crypto as { hash?: TextHash }).hash;

/** Computes a text's SHA-256 in base64url. It can be stored, or be a key, where the text itself must stay secret. */
export function computeDigest(text: string, oneShot: TextHash | null | undefined = ONE_SHOT): string {
  return typeof oneShot === "function"
    ? oneShot("sha256", text, "base64url")
    : crypto.createHash("sha256").update(text).digest("base64url");
}
