import crypto from "node:crypto";

/** What an HMAC needs of a hash (RFC 2104 §2): its name, and how many bytes it takes in at a time. */
export interface BlockHash {
  readonly hash: string;
  readonly block: number;
}

/** node:crypto's one-shot hash, which runtimes other than Node may lack. */
export type OneShot = (algorithm: string, data: Uint8Array, encoding: "binary" | "base64url") => string;

const ONE_SHOT = (crypto as { hash?: OneShot }).hash;
const ROOM = 3 * 8_192; // for a token of the usual limit, since a UTF-16 unit has at most three bytes

/**
 * Makes the HMAC (RFC 2104, FIPS 198-1) of a secret: from a text to its code in base64url.
 *
 * It is put together of two one-shot hashes over prepared pads, since `createHmac` spends more on its objects than on
 * hashing. A text too long for the prepared buffer, and a runtime without one-shot hashes, go by `createHmac`.
 */
export function hmacOf(
  { hash, block }: BlockHash,
  secret: Uint8Array,
  oneShot: OneShot | null | undefined = ONE_SHOT,
): (text: string) => string {
  const key = crypto.createSecretKey(secret);
  const whole = (text: string): string => crypto.createHmac(hash, key).update(text).digest("base64url");
  if (typeof oneShot !== "function") return whole;

  const padded = Buffer.alloc(block);
  padded.set(secret.length > block ? crypto.createHash(hash).update(secret).digest() : secret);
  const inner = Buffer.concat([padded.map((byte) => byte ^ 0x36), Buffer.alloc(ROOM)]);
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), crypto.createHash(hash).digest()]);
  const message = inner.subarray(block);
  const digest = outer.subarray(block);
  const views: Buffer[] = []; // by length, since making one takes 5% of the whole
  return (text) => {
    if (text.length * 3 > ROOM) return whole(text);
    const length = message.write(text);
    views[length] ??= inner.subarray(0, block + length);
    digest.write(oneShot(hash, views[length], "binary"), "binary");
    return oneShot(hash, outer, "base64url");
  };
}
