import { assert } from "../../shared/assert.ts";
import { MAX_KEY_LENGTH } from "../../shared/limits.ts";
import { checkGiven, checkOptions, checkText, NOT_SET, type OptionNames, optional } from "../../shared/options.ts";
import { copyBytes } from "../bytes.ts";
import { HMAC_ALGORITHMS, type HmacAlgorithm, isHmac } from "./algorithms.ts";
import { prepareHmac } from "./hmac.ts";
import { makeKey, type SigningKey } from "./key.ts";
import { holdsKey } from "./key-text.ts";

/** The options of {@link secretKey}. */
export interface SecretKeyOptions {
  /** The key's algorithm. `"HS256"` by default. */
  readonly algorithm?: HmacAlgorithm;
  /** The key's name in the header of tokens. It tells the secrets of a ring apart. None by default. */
  readonly kid?: string;
}

const OPTIONS: OptionNames<SecretKeyOptions> = { algorithm: optional, kid: optional };

/**
 * Creates a key from a secret that the issuer and the verifier share (RFC 7518 §3.2, HMAC with SHA-2).
 *
 * The secret is at least as long as the hash: 32 bytes for HS256, 48 for HS384, 64 for HS512. It has at most 65,536
 * bytes. A secret that contains a key of a key pair, a JWK or a certificate, as PEM, DER, base64, hex or a list of
 * bytes, is refused: others may have it, and could sign tokens with it.
 *
 * @param secret - the bytes, or a string, which is encoded in UTF-8
 * @throws TypeError when the secret is missing, too short, too long, a key or a certificate, or when an option is wrong
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
  return createHmacKey(readBytes(secret), algorithm, kid === undefined ? null : checkText("secretKey: kid", kid));
}

/** Creates a key from raw bytes, for {@link secretKey} and for JWKs of type `oct`. */
export function createHmacKey(bytes: Uint8Array, algorithm: HmacAlgorithm, kid: string | null): SigningKey {
  assert(bytes.length <= MAX_KEY_LENGTH, `secretKey: a secret has at most ${MAX_KEY_LENGTH} bytes`);
  assert(!holdsKey(bytes), "secretKey: this is a key or certificate, which others may have: use importKey");
  const { bytes: least } = HMAC_ALGORITHMS[algorithm];
  assert(
    bytes.length >= least,
    `A secret for ${algorithm} needs at least ${least} bytes, and this one has ${bytes.length}${bytes.length === 0 ? NOT_SET : ""}. ` +
      `Make one with: npx hallpass secret ${algorithm}`,
  );
  const hmac = prepareHmac(HMAC_ALGORITHMS[algorithm], bytes);
  const fingerprint = (): string => hmac.sign(""); // No token has this code: each signs a text with a dot.
  return makeKey(algorithm, kid, { ...hmac, fingerprint, publicJwk: null, kidGiven: kid !== null }) as SigningKey;
}

function readBytes(secret: unknown): Uint8Array {
  checkGiven("secretKey: the secret", secret);
  const bytes = typeof secret === "string" ? Buffer.from(secret) : copyBytes(secret);
  assert(bytes !== null, "secretKey takes a string or Uint8Array; for a PEM or a JWK use importKey");
  // A decoder writes U+FFFD for bytes that are not UTF-8. An encoder writes it for half of a surrogate pair.
  const isWhole = typeof secret !== "string" || !String(bytes).includes("\uFFFD");
  assert(isWhole, "secretKey: the text has U+FFFD for lost bytes: pass the bytes");
  return bytes;
}
