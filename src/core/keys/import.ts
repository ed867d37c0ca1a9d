import { createPrivateKey, createPublicKey, type JsonWebKeyInput, type KeyObject } from "node:crypto";
import { checkGiven, checkOptions, checkText, type OptionNames } from "../../shared/options.ts";
import { readSafely } from "../../shared/read.ts";
import { decodeBase64url, isAscii } from "../base64url.ts";
import { type Algorithm, canonicaliseName, isHmac } from "./algorithms.ts";
import { checkMembers, checkPublicHalf, checkUse, isPrivate, type JWK } from "./jwk.ts";
import type { SigningKey, VerifyingKey } from "./key.ts";
import { createPairKey } from "./pair.ts";
import { isPair } from "./pair-algorithms.ts";
import { readPem } from "./pem.ts";
import { readKeyObject } from "./read-key-object.ts";
import { checkRuntime } from "./runtime.ts";
import { createHmacKey } from "./secret.ts";

/** The options of {@link importKey}. */
export interface ImportKeyOptions {
  /**
   * The key's algorithm. By default what the JWK or the curve says. An RSA key needs it, as there are six for RSA, and
   * so does a JWK of type `oct` without `alg`.
   */
  readonly algorithm?: Algorithm;
  /** The key's name in the header of tokens. By default the `kid` of the JWK, or else the RFC 7638 thumbprint. */
  readonly kid?: string;
}

const OPTIONS: OptionNames<ImportKeyOptions> = { algorithm: "optional", kid: "optional" };

/**
 * Reads a private or public key: a PEM in PKCS#8, PKCS#1, SEC1 or SPKI form, or a JWK (RFC 7517). A private key signs
 * and verifies. A public key verifies. The lines of a PEM may be indented, or joined to one line, or separated by the
 * two characters `\n`, as in environment variables.
 *
 * An RSA key is made of two primes. It has 2048 to 16384 bits and an exponent of at least 3. If it has over 3072 bits,
 * its exponent has at most 64 bits. An Ed25519 key must not be a point of small order. The numbers of a private key all
 * belong to one key. The curve of an EC key decides its algorithm. ML-DSA needs Node 24.8 or later.
 *
 * @throws TypeError when the key can't be read, is weak, or does not fit the algorithm; the message says what to do
 *
 * @example
 * ```ts
 * const signing = await importKey(readFileSync("private.pem", "utf8"), { algorithm: "RS256" });
 * const verifying = await importKey({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
 * ```
 */
export async function importKey(key: JWK | string, options: ImportKeyOptions = {}): Promise<SigningKey | VerifyingKey> {
  checkOptions("importKey", options, OPTIONS);
  const { algorithm } = options;
  const kid = options.kid === undefined ? undefined : checkText("importKey: kid", options.kid);
  checkGiven("importKey: the key", key);
  if (typeof key === "string") return createPairKey(readPem(key), checkAlgorithm(algorithm), kid);
  if (typeof key !== "object" || typeof readSafely("importKey", () => key.kty) !== "string") {
    throw new TypeError('importKey takes a PEM as a string, or a JWK as an object with "kty"');
  }
  return importJwk(
    readSafely("importKey", () => ({ ...key })),
    algorithm,
    kid,
  );
}

async function importJwk(jwk: JWK, named: Algorithm | undefined, given: string | undefined): Promise<VerifyingKey> {
  const algorithm = chooseAlgorithm(jwk, named);
  const kid = given ?? (jwk.kid === undefined ? undefined : checkText('importKey: the JWK\'s "kid"', jwk.kid));
  checkUse(jwk, jwk.kty !== "oct" && !isPrivate(jwk) ? "verify" : "sign");
  if (jwk.kty === "oct") return createHmacKey(decodeSecret(jwk), checkSecretAlgorithm(algorithm), kid ?? null);
  return createPairKey(readJwk(jwk), algorithm, kid);
}

function chooseAlgorithm({ alg }: JWK, named: Algorithm | undefined): Algorithm | undefined {
  const declared = checkAlgorithm(alg);
  const algorithm = checkAlgorithm(named) ?? declared;
  if (algorithm !== undefined && declared !== undefined && canonicaliseName(declared) !== canonicaliseName(algorithm)) {
    throw new TypeError(`importKey: this JWK is for ${declared}, and can't be used for ${algorithm}`);
  }
  return algorithm;
}

function checkAlgorithm(name: unknown): Algorithm | undefined {
  if (name === undefined) return undefined;
  if (!isHmac(name) && !isPair(name)) throw new TypeError("importKey: there is no such signature algorithm");
  checkRuntime(name);
  return name;
}

function checkSecretAlgorithm(algorithm: Algorithm | undefined) {
  if (!isHmac(algorithm)) {
    throw new TypeError('importKey: a JWK of type "oct" needs its algorithm named: HS256, HS384 or HS512');
  }
  return algorithm;
}

function decodeSecret({ k }: JWK): Uint8Array {
  const bytes = typeof k === "string" && isAscii(k) ? decodeBase64url(k) : null;
  if (bytes === null) {
    throw new TypeError('importKey: a JWK of type "oct" has its secret in "k", in base64url without padding');
  }
  return bytes;
}

function readJwk(jwk: JWK): KeyObject {
  checkMembers(jwk);
  const input = { key: jwk, format: "jwk" } as JsonWebKeyInput;
  if (!isPrivate(jwk)) return readKeyObject(() => createPublicKey(input));
  const key = readKeyObject(() => createPrivateKey(input));
  checkPublicHalf(jwk, createPublicKey(key).export({ format: "jwk" }) as JWK);
  return key;
}
