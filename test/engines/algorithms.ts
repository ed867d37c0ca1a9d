import { ok, rejects, strictEqual } from "node:assert";
import { createPrivateKey, createPublicKey, type JsonWebKey } from "node:crypto";
import {
  type Algorithm,
  defineToken,
  generateKey,
  importKey,
  isAuthError,
  issueToken,
  type JWK,
  keyRing,
  publicJwks,
  type SigningKey,
  secretKey,
  type VerifyingKey,
  verifyToken,
} from "../../src/index.ts";
import { forgeries, hasRoom } from "./forgeries.ts";
import { lacks } from "./lacking.ts";
import { casesOf, type Part } from "./part.ts";

const ALGORITHMS: readonly Algorithm[] = [
  ...(["HS256", "HS384", "HS512"] as const),
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "Ed25519", "EdDSA"] as const),
  ...(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const),
];

const profileOf = (keys: VerifyingKey, threadPool = false) =>
  defineToken({ keys, issuer: "https://api.example.com", audience: null, threadPool });

/** Every algorithm: issued and verified, by key pairs in every form; no tampered signature passes. */
export function algorithms(): Part {
  return {
    cases: casesOf(
      Object.fromEntries(ALGORITHMS.map((name) => [name, () => (lacks(name) ? isLacking(name) : works(name))])),
    ),
  };
}

async function isLacking(algorithm: Algorithm): Promise<void> {
  await rejects(generateKey(algorithm), { name: "TypeError", message: new RegExp(algorithm) });
}

async function works(algorithm: Algorithm): Promise<void> {
  const jwk = await keyOf(algorithm);
  const signing = (await importKey(jwk)) as SigningKey;
  const token = await tokenOf(signing, jwk);
  for (const [form, keys] of Object.entries(await readersOf(algorithm, jwk, signing))) {
    for (const threadPool of algorithm.startsWith("HS") ? [false] : [false, true]) {
      const profile = profileOf(keys, threadPool);
      strictEqual((await verifyToken(token, profile)).sub, "user-1", form);
      for (const [kind, forged] of forgeries(algorithm, jwk, token)) {
        const answer = await Promise.resolve(verifyToken(forged, profile)).catch((error: unknown) => error);
        ok(isAuthError(answer) && answer.code === "invalid_token", `${form} takes ${kind}`);
      }
    }
  }
}

/** A key; of RSA one whose modulus leaves room for a number over it. */
async function keyOf(algorithm: Algorithm): Promise<JWK> {
  const jwk = await generateKey(algorithm);
  return jwk.kty === "RSA" && /^[4-9_-]/.test(jwk.n as string) ? keyOf(algorithm) : jwk;
}

/** A token; of RSA one whose number is so small that the modulus can be added to it. */
async function tokenOf(key: SigningKey, jwk: JWK): Promise<string> {
  const token = await issueToken({ sub: "user-1" }, profileOf(key));
  return jwk.kty === "RSA" && !hasRoom(jwk, token) ? tokenOf(key, jwk) : token;
}

/** What verifies the tokens of a key, in every form that it can be read from. */
async function readersOf(
  algorithm: Algorithm,
  jwk: JWK,
  signing: SigningKey,
): Promise<Readonly<Record<string, VerifyingKey>>> {
  if (jwk.kty === "oct") {
    const own = secretKey(Buffer.from(jwk.k as string, "base64url"), { algorithm: algorithm as "HS256" });
    return { "a JWK": signing, "a secret": own };
  }
  const published = publicJwks(keyRing(signing)).keys[0] as JWK;
  const readers: Record<string, VerifyingKey> = { "a JWK": signing, "a public JWK": await importKey(published) };
  if (jwk.kty === "AKP") return readers;
  const [privatePem, publicPem] = [
    createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" }).export({ type: "pkcs8", format: "pem" }),
    createPublicKey({ key: published as JsonWebKey, format: "jwk" }).export({ type: "spki", format: "pem" }),
  ] as [string, string];
  const named = { algorithm, kid: signing.kid as string };
  return { ...readers, "a PEM": await importKey(privatePem, named), "a public PEM": await importKey(publicPem, named) };
}
