import { createPrivateKey, createPublicKey, type JsonWebKeyInput, type KeyObject } from "node:crypto";
import { checkGiven, checkOptions, checkText, type OptionNames } from "../../shared/options.ts";
import { reading } from "../../shared/read.ts";
import { fromBase64url, isAscii } from "../base64url.ts";
import { type Algorithm, canonicalName, isHmac } from "./algorithms.ts";
import { checkMembers, checkPublicHalf, checkUse, isPrivate, type JWK } from "./jwk.ts";
import type { SigningKey, VerifyingKey } from "./key.ts";
import { pairKey } from "./pair.ts";
import { isPair } from "./pair-algorithms.ts";
import { readPem } from "./pem.ts";
import { readable } from "./readable.ts";
import { checkRuntime } from "./runtime.ts";
import { hmacKey } from "./secret.ts";

/** What an imported key can be told beyond its text. */
export interface ImportKeyOptions {
  /** The one algorithm it is for. Needed for RSA, which has six, and for a JWK of type `oct` without `alg`. */
  readonly algorithm?: Algorithm;
  /** Its name in a token's header. By default a JWK's own `kid`, else the RFC 7638 thumbprint. */
  readonly kid?: string;
}

const OPTIONS: OptionNames<ImportKeyOptions> = { algorithm: "optional", kid: "optional" };

/**
 * Reads a private or public key: a PEM in PKCS#8, PKCS#1, SEC1 or SPKI form, or a JWK (RFC 7517). A private key signs
 * and verifies, a public key verifies. A PEM's lines may be indented, in one, or parted by `\n` in two characters, as
 * environment variables have them.
 *
 * RSA keys have at least 2048 bits and an exponent of at least 3, an Ed25519 key is no point of small order; an EC key's
 * curve decides its algorithm; ML-DSA needs Node 24.8 or later.
 *
 * @throws TypeError when it can't be read, is too weak, or does not fit the algorithm; the message says what to do
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
  if (typeof key === "string") return pairKey(readPem(key), checkAlgorithm(algorithm), kid);
  if (typeof key !== "object" || typeof reading("importKey", () => key.kty) !== "string") {
    throw new TypeError('importKey takes a PEM as a string, or a JWK as an object with "kty"');
  }
  return importJwk(
    reading("importKey", () => ({ ...key })),
    algorithm,
    kid,
  );
}

async function importJwk(jwk: JWK, named: Algorithm | undefined, given: string | undefined): Promise<VerifyingKey> {
  const algorithm = algorithmOf(jwk, named);
  const kid = given ?? (jwk.kid === undefined ? undefined : checkText('importKey: the JWK\'s "kid"', jwk.kid));
  checkUse(jwk, jwk.kty !== "oct" && !isPrivate(jwk) ? "verify" : "sign");
  if (jwk.kty === "oct") return hmacKey(secretOf(jwk), secretAlgorithm(algorithm), kid ?? null);
  return pairKey(readJwk(jwk), algorithm, kid);
}

function algorithmOf({ alg }: JWK, named: Algorithm | undefined): Algorithm | undefined {
  const own = checkAlgorithm(alg);
  const algorithm = checkAlgorithm(named) ?? own;
  if (algorithm !== undefined && own !== undefined && canonicalName(own) !== canonicalName(algorithm)) {
    throw new TypeError(`importKey: this JWK is for ${own}, and can't be used for ${algorithm}`);
  }
  return algorithm;
}

function checkAlgorithm(name: unknown): Algorithm | undefined {
  if (name === undefined) return undefined;
  if (!isHmac(name) && !isPair(name)) throw new TypeError("importKey: there is no such signature algorithm");
  checkRuntime(name);
  return name;
}

function secretAlgorithm(algorithm: Algorithm | undefined) {
  if (!isHmac(algorithm)) {
    throw new TypeError('importKey: a JWK of type "oct" needs its algorithm named: HS256, HS384 or HS512');
  }
  return algorithm;
}

function secretOf({ k }: JWK): Uint8Array {
  const bytes = typeof k === "string" && isAscii(k) ? fromBase64url(k) : null;
  if (bytes === null) {
    throw new TypeError('importKey: a JWK of type "oct" has its secret in "k", in base64url without padding');
  }
  return bytes;
}

function readJwk(jwk: JWK): KeyObject {
  checkMembers(jwk);
  const input = { key: jwk, format: "jwk" } as JsonWebKeyInput;
  if (!isPrivate(jwk)) return readable(() => createPublicKey(input));
  const key = readable(() => createPrivateKey(input));
  checkPublicHalf(jwk, createPublicKey(key).export({ format: "jwk" }) as JWK);
  return key;
}
