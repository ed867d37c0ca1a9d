import crypto, { timingSafeEqual } from "node:crypto";
import { DEFAULT_TOKEN_BYTES } from "../../shared/limits.ts";
import { isAscii } from "../base64url.ts";

/** What an HMAC needs to know of its hash (RFC 2104 §2). */
export interface BlockHash {
  /** The name that node:crypto has for it. */
  readonly hash: string;
  /** How many bytes it reads at a time. */
  readonly block: number;
}

/** A message authentication code under one secret (RFC 2104, FIPS 198-1), in base64url. */
export interface Hmac {
  /** Computes the code of a text. */
  sign(text: string): string;
  /**
   * Tells whether the code after the dot at `end` is that of the text before it. For a token that isn't all ASCII, it
   * is `false`.
   */
  verify(token: string, end: number): boolean;
}

/** node:crypto's one-shot hash. Some runtimes lack it. */
export type ByteHash = (algorithm: string, data: Uint8Array, encoding: "binary" | "base64url") => string;

const ONE_SHOT = (crypto as { hash?: ByteHash }).hash;

/**
 * Prepares the HMAC of a secret.
 *
 * An HMAC is two hashes (RFC 2104 §2): one of the inner pad and the text, and one of the outer pad and the first hash.
 * Two one-shot hashes compute it faster than `createHmac`, which spends more time on its objects than on hashing. They
 * need buffers that already hold the pads. For texts that are too long for these buffers, and on a runtime without
 * one-shot hashes, `createHmac` computes it.
 */
export function prepareHmac(
  scheme: BlockHash,
  secret: Uint8Array,
  oneShot: ByteHash | null | undefined = ONE_SHOT,
): Hmac {
  const byObjects = prepareHmacByObjects(scheme, secret);
  return typeof oneShot === "function" ? prepareHmacByOneShots(scheme, secret, oneShot, byObjects) : byObjects;
}

function prepareHmacByObjects({ hash }: BlockHash, secret: Uint8Array): Hmac {
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

/** The buffers are written and read within one synchronous call, so they never hold parts of two tokens. */
function prepareHmacByOneShots(
  { hash, block }: BlockHash,
  secret: Uint8Array,
  oneShot: ByteHash,
  byObjects: Hmac,
): Hmac {
  const padded = Buffer.alloc(block);
  padded.set(secret.length > block ? crypto.createHash(hash).update(secret).digest() : secret);
  const inner = Buffer.concat([padded.map((byte) => byte ^ 0x36), Buffer.alloc(3 * DEFAULT_TOKEN_BYTES)]);
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c), crypto.createHash(hash).digest()]);
  const message = inner.subarray(block);
  const digest = outer.subarray(block);
  const expected = Buffer.alloc(byObjects.sign("").length);

  // Views of the buffers by length. Creating a view takes longer than filling it.
  const inputs: Buffer[] = [];
  const codes: Buffer[] = [];

  /** Computes the code of the first bytes of the message. */
  const computeCode = (length: number): string => {
    inputs[length] ??= inner.subarray(0, block + length);
    digest.write(oneShot(hash, inputs[length], "binary"), "binary");
    return oneShot(hash, outer, "base64url");
  };

  return {
    sign(text) {
      return text.length > DEFAULT_TOKEN_BYTES ? byObjects.sign(text) : computeCode(message.write(text));
    },
    verify(token, end) {
      if (token.length > DEFAULT_TOKEN_BYTES) return byObjects.verify(token, end);
      if (token.length !== end + 1 + expected.length) return false;
      // The text and its code are both read from the message. A token that isn't ASCII has more bytes than characters.
      if (message.write(token) !== token.length) return false;
      expected.write(computeCode(end), "latin1");
      codes[end] ??= message.subarray(end + 1, token.length);
      return timingSafeEqual(codes[end], expected);
    },
  };
}
