import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { rsaPair } from "./rsa.ts";
import { encode, SECOND } from "./tokens.ts";

/** A key of a client, and its public JWK and thumbprint. */
export interface ClientKey {
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
  readonly jkt: string;
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
};

/** Computes an RFC 7638 thumbprint, in another way than the code under test does. */
function thumbprintOf(jwk: JWK): string {
  const members = (REQUIRED[jwk.kty] as readonly string[]).map((name) => `"${name}":"${jwk[name]}"`);
  return createHash("sha256")
    .update(`{${members.join(",")}}`)
    .digest("base64url");
}

/** Makes a client's key for an algorithm. For RSA it is the same one, but for another number. */
export function clientKey(alg = "ES256", bits = 2_048, nth = 0): ClientKey {
  const curves: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  const { publicKey, privateKey } =
    alg === "Ed25519" || alg === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : curves[alg] === undefined
        ? rsaPair(nth, bits)
        : generateKeyPairSync("ec", { namedCurve: curves[alg] as string });
  const jwk = publicKey.export({ format: "jwk" }) as JWK;
  return { alg, privateKey, jwk, jkt: thumbprintOf(jwk) };
}

/** What to change about a proof. A member that is `undefined` is left out. */
export interface ProofChanges {
  readonly header?: object;
  readonly payload?: object;
  /** Another key to sign with than the one in the header, or the bytes of a shared secret. */
  readonly signer?: ClientKey | string;
}

/** The SHA-256 of an access token, as a proof has it. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Makes the proof of a request, by default at the instant of the tests' frozen clock. */
export function proofOf(
  key: ClientKey,
  request: { readonly method?: string; readonly url: string; readonly token?: string; readonly iat?: number },
  { header = {}, payload = {}, signer = key }: ProofChanges = {},
): string {
  const { method = "GET", url, token, iat = SECOND } = request;
  const input = [
    { typ: "dpop+jwt", alg: key.alg, jwk: key.jwk, ...header },
    {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat,
      ...(token !== undefined && { ath: hashToken(token) }),
      ...payload,
    },
  ]
    .map(encode)
    .join(".");
  return `${input}.${signText(input, signer)}`;
}

const PADDINGS: Readonly<Record<string, object>> = {
  RS: { padding: 1 },
  PS: { padding: 6, saltLength: -1 },
  ES: { dsaEncoding: "ieee-p1363" },
  Ed: {},
};

function signText(text: string, signer: ClientKey | string): string {
  if (typeof signer === "string") return createHmac("sha256", signer).update(text).digest("base64url");
  const { alg, privateKey } = signer;
  const hash = alg.startsWith("Ed") ? null : `sha${alg.slice(2)}`;
  return sign(hash, Buffer.from(text), { key: privateKey, ...PADDINGS[alg.slice(0, 2)] }).toString("base64url");
}
