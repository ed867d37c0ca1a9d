import crypto, { timingSafeEqual } from "node:crypto";
import { DEFAULT_TOKEN_BYTES } from "../../shared/limits.ts";
import { isAscii } from "../base64url.ts";

/** What an HMAC needs of a hash (RFC 2104 §2): its name, and how many bytes it takes in at a time. */
export interface BlockHash {
  readonly hash: string;
  readonly block: number;
}

/** A message authentication code under one secret (RFC 2104, FIPS 198-1), in base64url. */
export interface Hmac {
  /** The code of a text. */
  sign(text: string): string;
  /** Whether a token, all ASCII, ends in the code of what stands before `end`, where there is a dot between the two. */
  verify(token: string, end: number): boolean;
}

/** node:crypto's one-shot hash, which runtimes other than Node may lack. */
export type OneShot = (algorithm: string, data: Uint8Array, encoding: "binary" | "base64url") => string;

const ONE_SHOT = (crypto as { hash?: OneShot }).hash;

/**
 * Makes the HMAC of a secret, out of two one-shot hashes over prepared pads: `createHmac` spends more on its objects than
 * on hashing. By that go texts too long for the prepared buffer, and a runtime without one-shot hashes.
 */
export function hmacOf(scheme: BlockHash, secret: Uint8Array, oneShot: OneShot | null | undefined = ONE_SHOT): Hmac {
  const byObjects = hmacByObjects(scheme, secret);
  return typeof oneShot === "function" ? hmacByOneShots(scheme, secret, oneShot, byObjects) : byObjects;
}

function hmacByObjects({ hash }: BlockHash, secret: Uint8Array): Hmac {
  const key = crypto.createSecretKey(secret);
  const sign = (text: string): string => crypto.createHmac(hash, key).update(text).digest("base64url");
  return {
    sign,
    verify(token, end) {
      const expected = Buffer.from(sign(token.slice(0, end)));
      const given = Buffer.from(token.slice(end + 1));
      return isAscii(token) && given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

function hmacByOneShots({ hash, block }: BlockHash, secret: Uint8Array, oneShot: OneShot, byObjects: Hmac): Hmac {
  const padded = Buffer.alloc(block);
  padded.set(secret.length > block ? crypto.createHash(hash).update(secret).digest() : secret);
  const inner = Buffer.concat([padded.map((byte) => byte ^ 0x36), Buffer.alloc(3 * DEFAULT_TOKEN_BYTES)]);
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), crypto.createHash(hash).digest()]);
  const message = inner.subarray(block);
  const digest = outer.subarray(block);
  const expected = Buffer.alloc(byObjects.sign("").length);

  // Kept by length: to make a view takes longer than to fill it.
  const inputs: Buffer[] = [];
  const codes: Buffer[] = [];
  /** The code of so many bytes of the message. */
  const codeOf = (length: number): string => {
    inputs[length] ??= inner.subarray(0, block + length);
    digest.write(oneShot(hash, inputs[length], "binary"), "binary");
    return oneShot(hash, outer, "base64url");
  };

  return {
    sign: (text) => (text.length > DEFAULT_TOKEN_BYTES ? byObjects.sign(text) : codeOf(message.write(text))),
    verify(token, end) {
      if (token.length > DEFAULT_TOKEN_BYTES) return byObjects.verify(token, end);
      if (token.length !== end + 1 + expected.length) return false;
      // Written once for both to be read from it; in more bytes than characters if it isn't ASCII.
      if (message.write(token) !== token.length) return false;
      expected.write(codeOf(end), "latin1");
      codes[end] ??= message.subarray(end + 1, token.length);
      return timingSafeEqual(codes[end], expected);
    },
  };
}
