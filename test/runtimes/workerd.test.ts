import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { join } from "node:path";
import { build } from "esbuild";
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from "jose";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Algorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  type PairAlgorithm,
} from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { PAIR_ALGORITHMS } from "../../src/core/keys/pair-algorithms.ts";
import type { Answer, Question } from "./worker.ts";

let workerd: Miniflare;

/** The sources as a worker's one script. It loads only if nothing draws random values before the first request. */
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    format: "esm",
    external: ["node:*"],
    write: false,
  });
  workerd = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text as string,
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
  });
});

afterAll(() => workerd.dispose());

async function ask(question: Question | { generate: Algorithm }): Promise<unknown> {
  const response = await workerd.dispatchFetch("http://worker/", { method: "POST", body: JSON.stringify(question) });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

const ISSUER = "https://issuer.example";
const SIGNATURE = /the signature does not hold/;
const PAIRS = Object.keys(PAIR_ALGORITHMS) as PairAlgorithm[];
const LACKING = PAIRS.filter((algorithm) => algorithm.startsWith("ML-DSA"));

/** A token that jose signs. */
async function signed(jwk: JWK, alg: string): Promise<string> {
  return new SignJWT({ sub: "user-1", jti: "1" })
    .setProtectedHeader({ alg, typ: "at+jwt", ...(jwk.kid !== undefined && { kid: jwk.kid }) })
    .setIssuer(ISSUER)
    .setAudience("api")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(await importJWK(jwk as Parameters<typeof importJWK>[0], alg));
}

const others = new Map<Algorithm, Promise<JWK>>();

/** Another key than any that is asked about: one for each algorithm, since a key of RSA takes long to make. */
function otherKey(algorithm: Algorithm): Promise<JWK> {
  const key = others.get(algorithm) ?? generateKey(algorithm);
  others.set(algorithm, key);
  return key;
}

/** Asks about a token that is good, and others that are not: of another key, and with the signature changed. */
async function good(algorithm: Algorithm, key: JWK | string, signer: JWK): Promise<Answer> {
  const token = await signed(signer, algorithm);
  const end = token.lastIndexOf(".") + 1;
  const other = await signed({ ...(await otherKey(algorithm)), kid: signer.kid as string }, algorithm);
  const tokens = [token, token.slice(0, end) + other.slice(end), other, `${token.slice(0, end)}AAAA`, `${token}A`];
  const answer = (await ask({ algorithm, key, tokens })) as Answer;
  const [first, ...rest] = answer.verdicts;
  expect(first).toEqual(["user-1", "user-1", "user-1"]);
  for (const why of rest.slice(0, -1).flat()) expect(why).toMatch(SIGNATURE);
  for (const why of rest.at(-1) ?? []) expect(why).toMatch(/^401: /);
  return answer;
}

describe.each(Object.keys(HMAC_ALGORITHMS) as HmacAlgorithm[])("%s", (algorithm) => {
  it.each(["here", "there"])(
    "of a key generated %s: verifies what jose signed, and signs what jose verifies",
    async (at) => {
      const jwk = at === "here" ? await generateKey(algorithm) : ((await ask({ generate: algorithm })) as JWK);
      const { token } = await good(algorithm, jwk, jwk);
      const secret = Buffer.from(String(jwk.k), "base64url");
      expect((await jwtVerify(token as string, secret, { algorithms: [algorithm] })).payload.sub).toBe("a worker's");
    },
  );
});

describe.each(PAIRS.filter((algorithm) => !LACKING.includes(algorithm)))("%s", (algorithm) => {
  it.each(["here", "there"])(
    "of a key generated %s: verifies what jose signed, and signs what jose verifies",
    async (at) => {
      const jwk = at === "here" ? await generateKey(algorithm) : ((await ask({ generate: algorithm })) as JWK);
      const { token, published } = await good(algorithm, jwk, jwk);
      const keys = createLocalJWKSet({ keys: [published as never] });
      expect((await jwtVerify(token as string, keys, { algorithms: [algorithm] })).payload.sub).toBe("a worker's");
      expect(published).toMatchObject({ kid: jwk.kid, alg: algorithm });
      expect(await good(algorithm, published as JWK, jwk)).toMatchObject({ token: null, published });
    },
  );

  it("reads a key's PEM", async () => {
    const { kid: _, ...jwk } = await generateKey(algorithm);
    const privateKey = createPrivateKey({ key: jwk as never, format: "jwk" });
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const spki = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
    expect((await good(algorithm, pkcs8, jwk as JWK)).token).not.toBeNull();
    expect((await good(algorithm, spki, jwk as JWK)).token).toBeNull();
  });
});

it.each([
  ["RS256", PAIR_ALGORITHMS.PS256.options],
  ["PS256", PAIR_ALGORITHMS.RS256.options],
  ["PS256", { ...PAIR_ALGORITHMS.PS256.options, saltLength: 20 }],
] as const)("a key for %s takes no signature made with the options %j", async (algorithm, options) => {
  const jwk = await generateKey(algorithm);
  const token = await signed(jwk, algorithm);
  const input = token.slice(0, token.lastIndexOf("."));
  const key = createPrivateKey({ key: jwk as never, format: "jwk" });
  const signature = sign("sha256", Buffer.from(input), { key, ...options }).toString("base64url");
  const { verdicts } = (await ask({ algorithm, key: jwk, tokens: [token, `${input}.${signature}`] })) as Answer;
  expect(verdicts[0]).toEqual(["user-1", "user-1", "user-1"]);
  for (const why of verdicts[1] ?? []) expect(why).toMatch(SIGNATURE);
});

describe.each(LACKING)("%s", (algorithm) => {
  it("is said to be missing", async () => {
    const why = `${algorithm} needs a runtime that has it`;
    await expect(ask({ generate: algorithm })).rejects.toThrow(why);
    const key = { kty: "AKP", alg: algorithm, pub: "AAAA" };
    await expect(ask({ algorithm, key, tokens: [] })).rejects.toThrow(why);
  });
});
