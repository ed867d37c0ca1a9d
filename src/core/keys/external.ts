import { assert } from "../../shared/assert.ts";
import { DEFAULT_FETCH_TIMEOUT_MS } from "../../shared/limits.ts";
import { checkFunction, checkInteger, checkOptions, type OptionNames } from "../../shared/options.ts";
import { withTimeout } from "../../shared/promise.ts";
import { copyBytes } from "../bytes.ts";
import { AuthError } from "../errors.ts";
import type { PairAlgorithm } from "./algorithms.ts";
import { convertDer } from "./der.ts";
import { importKey } from "./import.ts";
import type { JWK } from "./jwk.ts";
import { KEY, makeKey, type SigningKey, type VerifyingKey } from "./key.ts";
import { isPair, PAIR_ALGORITHMS } from "./pair-algorithms.ts";

/** The options of {@link externalKey}. */
export interface ExternalKeyOptions {
  /** The key's algorithm, such as `"ES256"`. */
  readonly algorithm: PairAlgorithm;
  /** The public half, as a PEM or a JWK. */
  readonly publicKey: string | JWK;
  /**
   * Signs bytes with the private half, wherever it is kept. The bytes are the whole text to be signed, which the
   * service hashes as the algorithm says.
   */
  readonly sign: (signingInput: Uint8Array) => Uint8Array | PromiseLike<Uint8Array>;
  /**
   * How the service writes ECDSA signatures: `"ieee-p1363"`, the two numbers one after the other, or `"der"`, as AWS
   * KMS, Google Cloud KMS and most HSMs do. `"ieee-p1363"` by default, as tokens have them (RFC 7518 §3.4).
   */
  readonly dsaEncoding?: "ieee-p1363" | "der";
  /** The key's name in the header of tokens. By default the `kid` of the JWK, or else the RFC 7638 thumbprint. */
  readonly kid?: string;
  /** How long signing may take, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number;
}

const OPTIONS: OptionNames<ExternalKeyOptions> = {
  algorithm: "required",
  publicKey: "required",
  sign: "required",
  dsaEncoding: "optional",
  kid: "optional",
  timeoutMs: "optional",
};

/**
 * Creates a key whose private half is kept elsewhere: in a key management service, a hardware module, or a Vault.
 * Tokens are verified here, with the public half.
 *
 * Each signature is verified before a token is given out. A service that is down, slow, or signs with another key is an
 * outage: {@link issueToken} rejects with `unavailable` (503).
 *
 * @throws TypeError when an option is missing or wrong; this call itself signs nothing
 *
 * @example
 * ```ts
 * const key = await externalKey({
 *   algorithm: "ES256",
 *   publicKey: await readFile("kms-public.pem", "utf8"),
 *   dsaEncoding: "der",
 *   sign: async (Message) =>
 *     (await kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm: "ECDSA_SHA_256" }))).Signature,
 * });
 * ```
 */
export async function externalKey(options: ExternalKeyOptions): Promise<SigningKey> {
  checkOptions("externalKey", options, OPTIONS);
  const { algorithm, publicKey, sign, dsaEncoding = "ieee-p1363", kid, timeoutMs = DEFAULT_FETCH_TIMEOUT_MS } = options;
  assert(isPair(algorithm), `externalKey: algorithm must be one of ${Object.keys(PAIR_ALGORITHMS).join(", ")}`);
  checkFunction("externalKey: sign", sign, "async (signingInput) => signature");
  checkInteger("externalKey: timeoutMs", timeoutMs, 1, 600_000);
  const isEncoding = dsaEncoding === "ieee-p1363" || dsaEncoding === "der";
  assert(isEncoding, 'externalKey: dsaEncoding must be "ieee-p1363" or "der"');
  const half = await importKey(publicKey, { algorithm, ...(kid !== undefined && { kid }) });
  assert(!half.canSign, "externalKey: publicKey is a private key, which has no place here; give its public half");
  const curve = dsaEncoding === "der" ? PAIR_ALGORITHMS[algorithm].curve : undefined;
  const signInput = async (signingInput: string): Promise<string> => {
    const given = await withTimeout("externalKey: sign", timeoutMs, Promise.resolve(sign(Buffer.from(signingInput))));
    return checkSignature(half, signingInput, given, curve);
  };
  return makeKey(algorithm, half.kid, {
    ...half[KEY],
    sign: (input) => signInput(input).catch(throwOutage),
  }) as SigningKey;
}

function checkSignature(half: VerifyingKey, signingInput: string, given: unknown, curve: string | undefined): string {
  const bytes = copyBytes(given);
  assert(bytes !== null, "externalKey: sign must answer with the signature as a Uint8Array");
  const signature = Buffer.from(curve === undefined ? bytes : convertDer(bytes, curve)).toString("base64url");
  const isGood = half[KEY].verify(`${signingInput}.${signature}`, signingInput.length);
  assert(isGood, "externalKey: the public key does not verify what sign answered (another key, algorithm or encoding)");
  return signature;
}

function throwOutage(cause: unknown): never {
  throw new AuthError("unavailable", { cause });
}
