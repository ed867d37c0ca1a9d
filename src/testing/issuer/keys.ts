import crypto, { type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { type Algorithm, HMAC_ALGORITHMS, isHmac } from "../../core/keys/algorithms.ts";
import { copyPublicHalf, type JWK } from "../../core/keys/jwk.ts";
import { isPair, PAIR_ALGORITHMS } from "../../core/keys/pair-algorithms.ts";
import { checkRuntime } from "../../core/keys/runtime.ts";
import { assert } from "../../shared/assert.ts";
import { isObject, isRecord } from "../../shared/object.ts";
import { checkInteger, checkOptions, checkText, type OptionNames } from "../../shared/options.ts";

/** The options of a key of a {@link FakeIssuer}. */
export interface FakeKeyOptions {
  /** The name that it has; several keys may have the same. By default `key-1`, `key-2` and so on. */
  readonly kid?: string;
  /** The bits of an RSA key. 2048 by default. */
  readonly bits?: number;
  /** Whether the set has the private half too, as it never should. `false` by default. */
  readonly isPrivate?: boolean;
  /**
   * Members of its JWK in the set, in place of the right ones: `{ use: "enc" }`, or `{ alg: undefined }` to leave one
   * out. None by default.
   */
  readonly members?: Readonly<Record<string, unknown>>;
}

const OPTIONS: OptionNames<FakeKeyOptions> = {
  kid: "optional",
  bits: "optional",
  isPrivate: "optional",
  members: "optional",
};

/** The part of a key that signs tokens. */
export interface Signer {
  readonly algorithm: Algorithm;
  /** Computes a signature, in base64url. */
  signAsIssuer(signingInput: string): string;
}

/** A key of a fake issuer. */
export interface FakeKey {
  readonly kid: string;
  /** The JWK in the set. */
  readonly jwk: JWK;
  /** `null` in a key that is only published. */
  readonly signer: Signer | null;
}

const generateKeyPair = promisify(crypto.generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject }>;

/** Creates a key for an algorithm, or takes a JWK as it is, which is only published. */
export async function makeFakeKey(key: Algorithm | JWK, options: FakeKeyOptions, nextKid: string): Promise<FakeKey> {
  checkOptions("addKey", options, OPTIONS);
  if (isObject(key)) {
    const isBare = Object.keys(options).length === 0;
    assert(isBare, "addKey: a JWK is published as it is, so it takes no options beside it");
    return { kid: typeof key.kid === "string" ? key.kid : nextKid, jwk: { ...key }, signer: null };
  }
  assert(isHmac(key) || isPair(key), "addKey takes the name of a signature algorithm, or a JWK to publish as it is");
  const { bits = 2_048, isPrivate = false, members = {} } = options;
  const kid = options.kid === undefined ? nextKid : checkText("addKey: kid", options.kid);
  checkInteger("addKey: bits", bits, 512, 16_384);
  assert(typeof isPrivate === "boolean", "addKey: isPrivate must be true or false");
  assert(isRecord(members), "addKey: members must be a plain object with members of a JWK");
  const made = isHmac(key)
    ? crypto.createSecretKey(crypto.randomBytes(HMAC_ALGORITHMS[key].bytes))
    : await makePair(key, bits);
  const whole = made.export({ format: "jwk" }) as JWK;
  const half = isHmac(key) || isPrivate ? whole : copyPublicHalf({ ...whole, alg: key });
  return {
    kid,
    jwk: { ...half, kid, alg: key, use: "sig", ...members },
    signer: {
      algorithm: key,
      signAsIssuer: (signingInput) => sign(Buffer.from(signingInput), key, made).toString("base64url"),
    },
  };
}

async function makePair(algorithm: Algorithm & keyof typeof PAIR_ALGORITHMS, bits: number): Promise<KeyObject> {
  checkRuntime(algorithm);
  const { keyType, curve } = PAIR_ALGORITHMS[algorithm];
  const { privateKey } = await generateKeyPair(keyType, { modulusLength: bits, namedCurve: curve });
  return privateKey;
}

function sign(input: Buffer, algorithm: Algorithm, key: KeyObject): Buffer {
  if (isHmac(algorithm)) return crypto.createHmac(HMAC_ALGORITHMS[algorithm].hash, key).update(input).digest();
  const { hash, options } = PAIR_ALGORITHMS[algorithm];
  return crypto.sign(hash, input, { key, ...options });
}
