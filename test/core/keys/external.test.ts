import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { PairAlgorithm } from "../../../src/core/keys/algorithms.ts";
import { type ExternalKeyOptions, externalKey } from "../../../src/core/keys/external.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import type { SigningKey } from "../../../src/core/keys/key.ts";
import { PAIR_ALGORITHMS } from "../../../src/core/keys/pair-algorithms.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { MEGABYTES } from "../../support/megabytes.ts";
import { rsaPair } from "../../support/rsa.ts";
import { NOW, profileOf, reasonFor } from "../../support/tokens.ts";

const PAIRS = {
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  ES512: generateKeyPairSync("ec", { namedCurve: "P-521" }),
  RS256: rsaPair(),
  PS256: rsaPair(1),
  Ed25519: generateKeyPairSync("ed25519"),
} as const;
type Name = keyof typeof PAIRS;

const pemOf = (name: Name): string => String(PAIRS[name].publicKey.export({ format: "pem", type: "spki" }));
const jwkOf = (name: Name): JWK => PAIRS[name].publicKey.export({ format: "jwk" }) as JWK;

/** A key management service: it has the private key, and signs a message as it was set up. */
const service =
  (algorithm: Name, dsaEncoding: "der" | "ieee-p1363" = "ieee-p1363", key: KeyObject = PAIRS[algorithm].privateKey) =>
  async (message: Uint8Array): Promise<Uint8Array> => {
    const { hash, options } = PAIR_ALGORITHMS[algorithm];
    return sign(hash, message, { key, ...options, dsaEncoding });
  };

const make = (options: Partial<ExternalKeyOptions> = {}): Promise<SigningKey> =>
  externalKey({ algorithm: "ES256", publicKey: pemOf("ES256"), sign: service("ES256"), ...options });

/** Why issuing was an outage, as the developer is told. */
async function outageOf(options: Partial<ExternalKeyOptions>): Promise<string> {
  const error = await issueToken({ sub: "user-1" }, profileOf(await make(options))).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "AuthError", code: "unavailable", status: 503 });
  expect(error.headers).toHaveProperty("Retry-After");
  return String(error.cause?.message ?? error.cause);
}

describe("a key that is kept elsewhere", () => {
  it.each([
    ["ES256", "ieee-p1363"],
    ["ES256", "der"],
    ["ES384", "ieee-p1363"],
    ["ES384", "der"],
    ["ES512", "ieee-p1363"],
    ["ES512", "der"],
    ["RS256", undefined],
    ["RS256", "der"], // which is about ECDSA alone
    ["PS256", undefined],
    ["Ed25519", undefined],
    ["Ed25519", "der"],
  ] as const)("signs %s tokens, in %s, which jose and its public half verify", async (algorithm, dsaEncoding) => {
    const key = await externalKey({
      algorithm,
      publicKey: pemOf(algorithm),
      sign: service(algorithm, dsaEncoding),
      ...(dsaEncoding !== undefined && { dsaEncoding }),
    });
    expect(key).toMatchObject({ algorithm, canSign: true, retiresAt: null });
    for (let at = 0; at < 5; at += 1) {
      const token = await issueToken({ sub: "user-1", at }, profileOf(key));
      expect(decodeToken(token).header).toMatchObject({ alg: algorithm, kid: key.kid });
      expect(await reasonFor(token, profileOf(key))).toBe("accepted");
      const { payload } = await jwtVerify(token, PAIRS[algorithm].publicKey, { currentDate: new Date(NOW) });
      expect(payload.at).toBe(at);
    }
  });

  it("has the name of its JWK, its thumbprint, or the one that it was given", async () => {
    const thumbprint = (await make()).kid;
    expect(thumbprint).toMatch(/^[\w-]{43}$/);
    expect((await make({ publicKey: jwkOf("ES256") })).kid).toBe(thumbprint);
    const named = { ...jwkOf("ES256"), kid: "kms-1", use: "sig", key_ops: ["verify"] };
    expect((await make({ publicKey: named })).kid).toBe("kms-1");
    expect((await make({ publicKey: named, kid: "kms-2" })).kid).toBe("kms-2");
  });

  it("is published by its public half, and is one of a ring", async () => {
    const key = await make({ kid: "kms-1" });
    const { keys } = publicJwks(key);
    expect(keys).toEqual([{ ...jwkOf("ES256"), kid: "kms-1", alg: "ES256", use: "sig" }]);
    const other = await make({ algorithm: "Ed25519", publicKey: pemOf("Ed25519"), sign: service("Ed25519") });
    const token = await issueToken({ sub: "user-1" }, profileOf(keyRing(other, key)));
    expect(await reasonFor(token, profileOf(keyRing(key, other)))).toBe("accepted");
  });

  it("asks for nothing until a token is issued, and once for each", async () => {
    const asked: string[] = [];
    const key = await make({
      sign(message) {
        asked.push(Buffer.from(message).toString());
        return service("ES256")(message);
      },
    });
    expect(asked).toEqual([]);
    const tokens = await Promise.all([1, 2, 3].map((at) => issueToken({ at }, profileOf(key))));
    expect(asked).toEqual(tokens.map((token) => token.slice(0, token.lastIndexOf("."))));
  });

  it("takes an answer that is no promise, or bytes of any kind that has them", async () => {
    const { privateKey: key } = PAIRS.ES256;
    const raw = (message: Uint8Array): Buffer => sign("sha256", message, { key, dsaEncoding: "ieee-p1363" });
    const answers: ((message: Uint8Array) => unknown)[] = [
      (message) => raw(message),
      (message) => new Uint8Array(raw(message)),
      (message) => ({ then: (done: (bytes: Uint8Array) => void) => done(raw(message)) }),
    ];
    for (const answer of answers) {
      const signing = await make({ sign: answer as ExternalKeyOptions["sign"] });
      expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(signing)), profileOf(signing))).toBe(
        "accepted",
      );
    }
  });

  it("does not let the service change what is signed", async () => {
    const key = await make({
      sign(message) {
        const answer = service("ES256")(Uint8Array.from(message));
        message.fill(0);
        return answer;
      },
    });
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(key)), profileOf(key))).toBe("accepted");
  });
});

describe("a service that fails is an outage", () => {
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const notVerified = /^externalKey: the public key does not verify what sign answered/;
  const noBytes = /^externalKey: sign must answer with the signature as a Uint8Array$/;
  const noDer = /^sign answered no ECDSA signature in DER/;
  const failures: [string, Partial<ExternalKeyOptions>, RegExp][] = [
    ["rejects", { sign: () => Promise.reject(new Error("kms is down")) }, /^kms is down$/],
    ["rejects with nothing", { sign: () => Promise.reject(undefined) }, /^undefined$/],
    [
      "throws",
      {
        sign: () => {
          throw new Error("no credentials");
        },
      },
      /^no credentials$/,
    ],
    [
      "hangs",
      { sign: () => new Promise(() => undefined), timeoutMs: 50 },
      /^externalKey: sign did not answer within 50 ms$/,
    ],
    ["signs with another key", { sign: service("ES256", "ieee-p1363", stranger) }, notVerified],
    ["answers in DER unexpectedly", { sign: service("ES256", "der") }, notVerified],
    ["answers in two numbers unexpectedly", { sign: service("ES256"), dsaEncoding: "der" }, noDer],
    ["answers nothing", { sign: async () => undefined as never }, noBytes],
    ["answers null", { sign: async () => null as never }, noBytes],
    ["answers text", { sign: async () => "c2lnbmF0dXJl" as never }, noBytes],
    ["answers an object", { sign: async () => ({ Signature: Buffer.alloc(64) }) as never }, noBytes],
    ["answers a view of other numbers", { sign: async () => new Uint16Array(32) as never }, noBytes],
    ["answers no bytes", { sign: async () => new Uint8Array() }, notVerified],
    ["answers no bytes of DER", { sign: async () => new Uint8Array(), dsaEncoding: "der" }, noDer],
    ["answers zeros", { sign: async () => new Uint8Array(64) }, notVerified],
    ["answers megabytes", { sign: async () => new Uint8Array(MEGABYTES) }, notVerified],
    ["answers megabytes of DER", { sign: async () => new Uint8Array(MEGABYTES), dsaEncoding: "der" }, noDer],
  ];
  it.each(failures)("one that %s", async (_, options, cause) => {
    const startedAt = performance.now();
    expect(await outageOf(options)).toMatch(cause);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("which is over as soon as the service is back", async () => {
    let isDown = true;
    const key = await make({
      sign: (message) => (isDown ? Promise.reject(new Error("down")) : service("ES256")(message)),
    });
    await expect(issueToken({}, profileOf(key))).rejects.toMatchObject({ code: "unavailable" });
    isDown = false;
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(key)), profileOf(key))).toBe("accepted");
  });

  it("and stops nobody from verifying", async () => {
    const token = await issueToken({ sub: "user-1" }, profileOf(await make()));
    const down = await make({ sign: () => Promise.reject(new Error("down")) });
    expect(await reasonFor(token, profileOf(down))).toBe("accepted");
  });

  it("also where it answers too late, or fails after that", async () => {
    let fail: (error: Error) => void = () => undefined;
    const sign = (): Promise<never> => new Promise((_, reject) => (fail = reject));
    await outageOf({ sign, timeoutMs: 10 });
    fail(new Error("much later")); // an unhandled rejection would end the process
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe("the options of externalKey", () => {
  const refused: [string, object, RegExp][] = [
    [
      "a private PEM",
      { publicKey: PAIRS.ES256.privateKey.export({ format: "pem", type: "pkcs8" }) },
      /is a private key/,
    ],
    [
      "a private JWK",
      { publicKey: PAIRS.ES256.privateKey.export({ format: "jwk" }) },
      /is a private key, which has no/,
    ],
    ["a shared secret", { algorithm: "HS256", publicKey: { kty: "oct", k: "a".repeat(43) } }, /algorithm must be/],
    ["an algorithm of secrets", { algorithm: "HS256" }, /algorithm must be/],
    ["no algorithm", { algorithm: undefined }, /algorithm/],
    ["an algorithm that there is not", { algorithm: "ES257" }, /algorithm must be/],
    ["an algorithm of another key", { algorithm: "RS256" }, /does not fit the algorithm RS256/],
    ["a JWK for another algorithm", { publicKey: { ...jwkOf("ES256"), alg: "ES384" } }, /is for ES384/],
    ["no public key", { publicKey: undefined }, /publicKey/],
    ["a public key that is none", { publicKey: "-----BEGIN" }, /importKey/],
    ["sign that is no function", { sign: "kms" }, /externalKey: sign/],
    ["an unknown encoding", { dsaEncoding: "DER" }, /dsaEncoding must be "ieee-p1363" or "der"/],
    ["an encoding of null", { dsaEncoding: null }, /dsaEncoding/],
    ["an empty kid", { kid: "" }, /kid/],
    ["no time", { timeoutMs: 0 }, /timeoutMs/],
    ["an endless time", { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs/],
    ["a misspelt option", { dsaEncodng: "der" }, /dsaEncodng/],
  ];
  it.each(refused)("refuse %s", async (_, options, why) => {
    const error = await make(options).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(why);
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain(
      String(PAIRS.ES256.privateKey.export({ format: "jwk" }).d),
    );
  });

  it.each([undefined, null, 7, "key"])("refuse %j in place of them", async (options) => {
    await expect(externalKey(options as never)).rejects.toThrow(TypeError);
  });

  it("take each algorithm by its type", async () => {
    const algorithm: PairAlgorithm = "EdDSA";
    const key = await make({ algorithm, publicKey: jwkOf("Ed25519"), sign: service("Ed25519") });
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(key)), profileOf(key))).toBe("accepted");
  });
});
