import { checkGiven, checkOptions, checkText, type OptionNames } from "../../shared/options.ts";
import { copyBytes } from "../bytes.ts";
import { HMAC_ALGORITHMS, type HmacAlgorithm, isHmac } from "./algorithms.ts";
import { hmacOf } from "./hmac.ts";
import { makeKey, type SigningKey } from "./key.ts";
import { holdsKey } from "./key-text.ts";

/** What a secret can be told beyond its bytes. */
export interface SecretKeyOptions {
  /** The algorithm it is for. `"HS256"` by default. */
  readonly algorithm?: HmacAlgorithm;
  /** Its name in a token's header; needed in a ring with several secrets to tell them apart at once. None by default. */
  readonly kid?: string;
}

const OPTIONS: OptionNames<SecretKeyOptions> = { algorithm: "optional", kid: "optional" };

/**
 * Makes a key out of a secret that the issuing and the verifying side share (RFC 7518 §3.2, HMAC with SHA-2).
 *
 * A secret as long as the hash is the least: 32 bytes for HS256, 48 for HS384, 64 for HS512. A key pair's key,
 * certificate or JWK is not a secret and is refused, as PEM, DER, or base64 or hex of one, so that a token "signed" with
 * a published key can never verify.
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
  if (!isHmac(algorithm)) {
    throw new TypeError("secretKey: algorithm must be HS256, HS384 or HS512; for a key pair use importKey");
  }
  return hmacKey(bytesOf(secret), algorithm, kid === undefined ? null : checkText("secretKey: kid", kid));
}

/** A key of raw bytes: what {@link secretKey} and a JWK of type `oct` come down to. */
export function hmacKey(bytes: Uint8Array, algorithm: HmacAlgorithm, kid: string | null): SigningKey {
  if (holdsKey(bytes)) {
    throw new TypeError(
      "secretKey: this is a key or certificate (as text, DER, base64 or hex of it), which others may have: use importKey",
    );
  }
  const { bytes: least } = HMAC_ALGORITHMS[algorithm];
  if (bytes.length < least) {
    throw new TypeError(
      `A secret for ${algorithm} needs at least ${least} bytes, and this one has ${bytes.length}. ` +
        `Make one with: node -p "require('crypto').randomBytes(${least}).toString('base64url')"`,
    );
  }
  const hmac = hmacOf(HMAC_ALGORITHMS[algorithm], bytes);
  return makeKey(algorithm, kid, { ...hmac, publicJwk: null, kidGiven: kid !== null }) as SigningKey;
}

function bytesOf(secret: unknown): Uint8Array {
  checkGiven("secretKey: the secret", secret);
  if (typeof secret === "string") return bytesOfText(secret);
  const bytes = copyBytes(secret);
  if (bytes === null) throw new TypeError("secretKey takes a string or a Uint8Array; for a PEM or a JWK use importKey");
  return bytes;
}

function bytesOfText(secret: string): Uint8Array {
  const bytes = Buffer.from(secret);
  if (!bytes.toString().includes("\uFFFD")) return bytes;
  throw new TypeError(
    "secretKey: this text holds U+FFFD, for which bytes that were no UTF-8 were lost; pass the bytes as they are",
  );
}
