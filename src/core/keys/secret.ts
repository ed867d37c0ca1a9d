import { assert } from "../../shared/assert.ts";
import { checkGiven, checkOptions, checkText, type OptionNames, optional } from "../../shared/options.ts";
import { copyBytes } from "../bytes.ts";
import { HMAC_ALGORITHMS, type HmacAlgorithm, isHmac } from "./algorithms.ts";
import { prepareHmac } from "./hmac.ts";
import { makeKey, type SigningKey } from "./key.ts";
import { holdsKey } from "./key-text.ts";

/** What a secret can be told beyond its bytes. */
export interface SecretKeyOptions {
  /** The algorithm it is for. `"HS256"` by default. */
  readonly algorithm?: HmacAlgorithm;
  /** Its name in a token's header; needed in a ring with several secrets to tell them apart at once. None by default. */
  readonly kid?: string;
}

const OPTIONS: OptionNames<SecretKeyOptions> = { algorithm: optional, kid: optional };

/**
 * Makes a key out of a secret that the issuing and the verifying side share (RFC 7518 §3.2, HMAC with SHA-2).
 *
 * A secret as long as the hash is the least: 32 bytes for HS256, 48 for HS384, 64 for HS512. A key pair's key,
 * certificate or JWK is not a secret and is refused, wherever it stands in the text and however it is encoded (PEM, DER,
 * base64, hex, a list of bytes), so that a token "signed" with a published key can never verify.
 *
 * @param secret - the bytes, or a string standing for its UTF-8 bytes
 * @throws TypeError when it is missing or too short, is a key or certificate, or an option is wrong
 *
 * @example
 * ```ts
 * const key = secretKey(process.env.TOKEN_SECRET ?? "");
 * ```
 */
export function secretKey(secret: string | Uint8Array, options: SecretKeyOptions = {}): SigningKey {
  checkOptions("secretKey", options, OPTIONS);
  const { algorithm = "HS256", kid } = options;
  assert(isHmac(algorithm), "secretKey: algorithm must be HS256, HS384 or HS512; for a key pair use importKey");
  return hmacKey(bytesOf(secret), algorithm, kid === undefined ? null : checkText("secretKey: kid", kid));
}

/** A key of raw bytes: what {@link secretKey} and a JWK of type `oct` come down to. */
export function hmacKey(bytes: Uint8Array, algorithm: HmacAlgorithm, kid: string | null): SigningKey {
  assert(!holdsKey(bytes), "secretKey: this is a key or certificate, which others may have: use importKey");
  const { bytes: least } = HMAC_ALGORITHMS[algorithm];
  assert(
    bytes.length >= least,
    `A secret for ${algorithm} needs at least ${least} bytes, and this one has ${bytes.length}. ` +
      `Make one with: node -p "require('crypto').randomBytes(${least}).toString('base64url')"`,
  );
  const hmac = prepareHmac(HMAC_ALGORITHMS[algorithm], bytes);
  return makeKey(algorithm, kid, { ...hmac, publicJwk: null, kidGiven: kid !== null }) as SigningKey;
}

function bytesOf(secret: unknown): Uint8Array {
  checkGiven("secretKey: the secret", secret);
  const bytes = typeof secret === "string" ? Buffer.from(secret) : copyBytes(secret);
  assert(bytes !== null, "secretKey takes a string or a Uint8Array; for a PEM or a JWK use importKey");
  // It stands for what was no UTF-8, in a text and in the bytes of one that JavaScript can't encode.
  const isWhole = typeof secret !== "string" || !String(bytes).includes("\uFFFD");
  assert(isWhole, "secretKey: the text holds U+FFFD, in place of lost bytes; pass the bytes");
  return bytes;
}
