import { generateKeyPairSync } from "node:crypto";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import {
  type ImportJwksOptions,
  importJwks,
  isAccepted,
  readJwks,
  type SkippedKey,
} from "../../../src/core/keys/jwks.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import type { KeyRing } from "../../../src/core/keys/ring.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { MEGABYTES } from "../../support/megabytes.ts";
import { profileOf, reasonFor } from "../../support/tokens.ts";

/** A private JWK and its public half, with the members that are given in place of its own. */
async function pair(algorithm: "ES256" | "RS256" | "Ed25519", members: object = {}): Promise<[JWK, JWK]> {
  const whole = { ...(await generateKey(algorithm)), ...members } as JWK;
  const half = (await publicHalf(await generatedAs(whole, algorithm))) as JWK;
  return [whole, strip({ ...half, ...members })];
}
const generatedAs = ({ kty, n, e, d, p, q, dp, dq, qi, crv, x, y }: JWK, alg: string): JWK =>
  strip({ kty, n, e, d, p, q, dp, dq, qi, crv, x, y, alg });
const publicHalf = async (jwk: JWK): Promise<JWK | undefined> => publicJwks(await importKey(jwk)).keys[0];
const strip = (jwk: object): JWK =>
  Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined)) as JWK;

const [esPrivate, es] = await pair("ES256", { kid: "es" });
const [rsPrivate, rs] = await pair("RS256", { kid: "rs" });
const [edPrivate, ed] = await pair("Ed25519", { kid: "ed" });

async function read(keys: unknown, options: ImportJwksOptions = {}): Promise<[KeyRing, SkippedKey[]]> {
  const skipped: SkippedKey[] = [];
  const ring = await importJwks({ keys: keys as JWK[] }, { onSkipped: (key) => skipped.push(key), ...options });
  return [ring, skipped];
}
const named = ({ keys }: KeyRing) => keys.map(({ kid, algorithm }) => `${kid} ${algorithm}`);
const mint = async (jwk: JWK, algorithm?: "RS256" | "PS256" | "RS512") =>
  issueToken({ sub: "user-1" }, profileOf(await importKey(jwk, algorithm === undefined ? {} : { algorithm })));

describe("importJwks", () => {
  it("reads keys of several kinds, in their order, which verify", async () => {
    const [ring, skipped] = await read([es, rs, ed]);
    expect(named(ring)).toEqual(["es ES256", "rs RS256", "ed Ed25519"]);
    expect([ring.current, skipped]).toEqual([null, []]);
    for (const jwk of [esPrivate, rsPrivate, edPrivate]) {
      expect(await reasonFor(await mint(jwk), profileOf(ring))).toBe("accepted");
    }
    const [, other] = await pair("ES256", { kid: "other" });
    const [others] = await read([other]);
    expect(await reasonFor(await mint(esPrivate), profileOf(others))).toMatch(/kid is "es", expected "other"/);
  });

  it("signs with the first usable key, where that is a private one", async () => {
    const [ring] = await read([{ kty: "tomorrow" }, esPrivate, rs]);
    expect(ring.current?.kid).toBe("es");
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profileOf(ring)), profileOf(ring))).toBe("accepted");
    const [behind] = await read([rs, esPrivate]);
    expect(behind.current).toBeNull();
    await expect(issueToken({}, profileOf(behind))).rejects.toThrow(/the profile's first key only verifies/);
  });

  const rsa1024 = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey.export({ format: "jwk" });
  const x25519 = generateKeyPairSync("x25519").publicKey.export({ format: "jwk" });
  const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ format: "jwk" });
  const unusable: [string, unknown, RegExp, (string | null)?][] = [
    ["for encryption", { ...es, use: "enc" }, /"use" is not "sig"/, "es"],
    ["for other operations", { ...es, key_ops: ["deriveKey"] }, /"key_ops" do not include "verify"/, "es"],
    ["with key_ops of another type", { ...es, key_ops: "verify" }, /"key_ops" do not include "verify"/, "es"],
    ["of an unknown type", { kty: "tomorrow", kid: "key-9" }, /"kty" is oct, RSA, EC, OKP, AKP/, "key-9"],
    ["of a type of the prototype", { kty: "constructor" }, /"kty" is oct, RSA, EC, OKP, AKP/, null],
    ["a weak RSA key", { ...rsa1024, kid: "weak" }, /has 1024 bits, and 2048 is the least/, "weak"],
    [
      "a shared secret",
      { kty: "oct", k: "c2VjcmV0", kid: "shared", alg: "HS256" },
      /a shared secret has no place/,
      "shared",
    ],
    ["for key agreement", { ...x25519, kid: "x" }, /no algorithm fits a key of type x25519/, "x"],
    ["for encryption by its alg", { ...rs, alg: "RSA-OAEP-256" }, /no such signature algorithm/, "rs"],
    ["on another curve", secp256k1, /no algorithm fits a key of type ec on the curve secp256k1/, null],
    ["with an alg of null", { ...es, alg: null }, /no such signature algorithm/, "es"],
    ["for no algorithm", { ...es, alg: "none" }, /no such signature algorithm/, "es"],
    ["for an algorithm of another type", { ...es, alg: "RS256" }, /does not fit the algorithm RS256/, "es"],
    ["for an algorithm of secrets", { ...rs, alg: "HS256" }, /does not fit the algorithm HS256/, "rs"],
    ["without a member", strip({ ...es, y: undefined }), /needs, as a string each: "y"/, "es"],
    ["with a member of another type", { ...es, y: 7 }, /needs, as a string each: "y"/, "es"],
    ["off its curve", { ...es, y: es.x }, /can't be read/, "es"],
    ["of a certificate alone", { kty: "RSA", x5c: ["MII…"], kid: "x5c" }, /needs, as a string each: "n", "e"/, "x5c"],
    ["with an empty kid", { ...es, kid: "" }, /kid/, ""],
    ["with a kid of another type", { ...es, kid: 7 }, /kid/, null],
    ["without a type", { kid: "typeless" }, /an object with "kty"/, "typeless"],
    ["null", null, /an object with "kty"/, null],
    ["undefined", undefined, /an object with "kty"/, null],
    ["a function", () => es, /an object with "kty"/, null],
    ["a text", "key", /an object with "kty"/, null],
    ["a list", [es], /an object with "kty"/, null],
    ["a number that JSON lacks", 7n, /can't be read/, null],
  ];
  it.each(unusable)("skips and tells a key that is %s", async (_, jwk, reason, kid = null) => {
    const [ring, skipped] = await read([jwk, ed]);
    expect(named(ring)).toEqual(["ed Ed25519"]);
    expect(skipped).toEqual([{ kid, reason: expect.stringMatching(reason) }]);
    expect(skipped[0]?.reason).not.toMatch(/^importKey: /);
    await expect(importJwks({ keys: [jwk as JWK] }, { onSkipped: () => undefined })).rejects.toThrow(
      new RegExp(`^importJwks: the set holds no usable key: .*${reason.source}`),
    );
  });

  it("skips a key of ML-DSA that the runtime can't read", async () => {
    const jwk = { kty: "AKP", alg: "ML-DSA-44", pub: "AAAA", kid: "pq" };
    const [ring, skipped] = await read([jwk, ed]);
    expect(named(ring)).toEqual(["ed Ed25519"]);
    // A newer one knows the algorithm, and can't read this key.
    expect(skipped).toEqual([{ kid: "pq", reason: expect.stringMatching(/^ML-DSA-44 needs a runtime|can't be read/) }]);
  });

  it("tells nothing of what a skipped key holds", async () => {
    const [, skipped] = await read([
      { kty: "oct", k: "c2VjcmV0LW9mLXRoZS1zZXQ", kid: "s" },
      { ...esPrivate, y: "c2VjcmV0LW9mLXRoZS1zZXQ" },
      ed,
    ]);
    expect(skipped).toHaveLength(2);
    expect(JSON.stringify(skipped)).not.toMatch(/c2VjcmV0/);
    expect(JSON.stringify(skipped)).not.toContain(esPrivate.d);
  });

  it("lists three reasons at the most where nothing is usable, each once", async () => {
    const bad = [{ kty: "a" }, { kty: "b" }, { ...es, use: "enc" }, { ...es, alg: "none" }, { ...es, key_ops: [] }];
    const told = await importJwks({ keys: bad as JWK[] }, { onSkipped: () => undefined }).catch((error) => error);
    expect(told).toBeInstanceOf(TypeError);
    expect(told.message.split("; ")).toHaveLength(3);
    await expect(importJwks({ keys: [] })).rejects.toThrow(/^importJwks: the set holds no usable key$/);
  });

  it("warns of a skipped key, on one line, where no listener is given", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      await importJwks({ keys: [{ kty: "x", kid: "a\nb" }, { kty: "x" }, ed] as JWK[] });
      expect(warn.mock.calls.map(([text]) => String(text).slice(0, 56))).toEqual([
        'hallpass: importJwks skipped the key "a\\nb": importKey t',
        "hallpass: importJwks skipped a key without kid: importKe",
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("goes on where a listener throws or rejects", async () => {
    for (const onSkipped of [
      () => {
        throw new Error("log full");
      },
      () => Promise.reject(new Error("log full")),
    ]) {
      const ring = await importJwks({ keys: [{ kty: "x" }, ed] as JWK[] }, { onSkipped });
      expect(named(ring)).toEqual(["ed Ed25519"]);
    }
  });
});

describe("the names and algorithms of a set's keys", () => {
  it("takes an RSA key without alg for RS256 alone, as those of Entra are", async () => {
    const { alg: _, ...bare } = rs;
    const [ring] = await read([bare]);
    expect(named(ring)).toEqual(["rs RS256"]);
    expect(await reasonFor(await mint(rsPrivate), profileOf(ring))).toBe("accepted");
    const { alg: __, ...any } = rsPrivate;
    expect(await reasonFor(await mint(any as JWK, "PS256"), profileOf(ring))).toMatch(
      /alg is "PS256", expected "RS256"/,
    );
  });

  it("takes it for each RSA algorithm that was asked for, under one kid", async () => {
    const { alg: _, ...bare } = rs;
    const { alg: __, ...any } = rsPrivate;
    const [ring, skipped] = await read([bare, ed], { algorithms: ["PS256", "ES256", "RS512"] });
    expect(named(ring)).toEqual(["rs PS256", "rs RS512"]);
    expect(skipped).toEqual([{ kid: "ed", reason: "the key's algorithm is none of those that are accepted" }]);
    for (const algorithm of ["PS256", "RS512"] as const) {
      expect(await reasonFor(await mint(any as JWK, algorithm), profileOf(ring))).toBe("accepted");
    }
    expect(await reasonFor(await mint(any as JWK, "RS256"), profileOf(ring))).toMatch(/alg is "RS256"/);
    const [, none] = await read([bare, es], { algorithms: ["ES256"] });
    expect(none).toEqual([{ kid: "rs", reason: "an RSA key is for none of the accepted algorithms" }]);
  });

  it("knows one algorithm by both of its names", async () => {
    const { alg: _, ...bare } = ed;
    expect(named((await read([{ ...ed, alg: "EdDSA" }], { algorithms: ["Ed25519"] }))[0])).toEqual(["ed EdDSA"]);
    expect(named((await read([bare], { algorithms: ["EdDSA"] }))[0])).toEqual(["ed Ed25519"]);
  });

  it("takes keys of one kid, for several algorithms and for one, and tries each", async () => {
    const [onePrivate, one] = await pair("ES256", { kid: "same" });
    const [otherPrivate, other] = await pair("ES256", { kid: "same" });
    const [ring] = await read([one, other, { ...rs, kid: "same" }]);
    expect(named(ring)).toEqual(["same ES256", "same ES256", "same RS256"]);
    for (const jwk of [onePrivate, otherPrivate, { ...rsPrivate, kid: "same" }]) {
      expect(await reasonFor(await mint(jwk), profileOf(ring))).toBe("accepted");
    }
    const [stranger] = await pair("ES256", { kid: "same" });
    expect(await reasonFor(await mint(stranger), profileOf(ring))).toMatch(/the signature does not hold/);
  });

  it("takes a key without kid for whatever name a token gives it", async () => {
    const { kid: _, ...nameless } = es;
    const [ring] = await read([nameless]);
    expect(await reasonFor(await mint(esPrivate), profileOf(ring))).toBe("accepted");
  });

  it("takes the same key only once", async () => {
    expect((await read([es, { ...es }, es]))[0].keys).toHaveLength(1);
  });

  it("reads a hundred keys, and tells of those beyond", async () => {
    const hundred = Array.from({ length: 100 }, (_, at) => ({ ...es, kid: `key-${at}` }));
    const [ring, skipped] = await read(hundred);
    expect([ring.keys.length, skipped]).toEqual([100, []]);
    const [same, beyond] = await read([...hundred, { ...es, kid: "key-100" }]);
    expect(named(same)).toEqual(named(ring));
    expect(beyond).toEqual([{ kid: null, reason: "a set has at most 100 keys, and this has 1 more" }]);
    expect(await reasonFor(await mint({ ...esPrivate, kid: "key-99" }), profileOf(same))).toBe("accepted");
    expect(await reasonFor(await mint({ ...esPrivate, kid: "key-100" }), profileOf(same))).toMatch(/kid is "key-100"/);
  });

  it("cuts the kid of a skipped key", async () => {
    const [, skipped] = await read([{ kty: "x", kid: "k".repeat(MEGABYTES) }, ed]);
    expect(skipped[0]?.kid).toBe("k".repeat(128));
  });
});

describe("a set that is none", () => {
  const throwing = () => {
    throw new Error("getter");
  };
  it.each([
    { set: undefined },
    { set: null },
    { set: 7 },
    { set: "keys" },
    { set: [] },
    { set: {} },
    { set: { keys: null } },
    { set: { keys: {} } },
    { set: { keys: "keys" } },
    { set: () => undefined },
    { set: Promise.resolve({ keys: [es] }) },
  ])("$set is refused", async ({ set }) => {
    await expect(importJwks(set as never)).rejects.toThrow(/^a JWK Set is an object with a list of "keys"$/);
  });

  it("refuses one whose list can't be read", async () => {
    const unreadable = /^a JWK Set was given an object that can't be read$/;
    await expect(importJwks(Object.defineProperty({}, "keys", { get: throwing }) as never)).rejects.toThrow(unreadable);
    const keys = Object.defineProperty([es, es], 1, { get: throwing });
    await expect(importJwks({ keys } as never)).rejects.toThrow(unreadable);
  });

  it("skips a key with a getter that throws, whatever it throws", async () => {
    for (const name of ["kty", "kid", "x", "toJSON"]) {
      for (const thrown of [new Error("getter"), null, undefined]) {
        const get = () => {
          throw thrown;
        };
        const [ring, skipped] = await read([Object.defineProperty({ ...es }, name, { get, enumerable: true }), ed]);
        expect(named(ring)).toEqual(["ed Ed25519"]);
        expect(skipped).toEqual([
          { kid: name === "kid" ? null : "es", reason: "a JWK Set was given an object that can't be read" },
        ]);
      }
    }
  });

  it("reads a key once: one that becomes a secret later is what it was", async () => {
    let reads = 0;
    const turning = {
      get kty() {
        reads += 1;
        return reads === 1 ? "EC" : "oct";
      },
      ...{ crv: es.crv, x: es.x, y: es.y, k: "a".repeat(43), alg: "ES256" },
    };
    const [ring] = await read([turning]);
    expect([reads, ring.keys[0]?.algorithm]).toEqual([1, "ES256"]);
  });

  it("takes no longer for a list of any length", async () => {
    const keys = [ed];
    keys.length = 2 ** 32 - 1;
    const [ring, skipped] = await read(keys);
    expect(named(ring)).toEqual(["ed Ed25519"]);
    expect(skipped.at(-1)?.reason).toBe(`a set has at most 100 keys, and this has ${2 ** 32 - 101} more`);
  });

  it("takes a set of another realm", async () => {
    const set = runInNewContext(`(${JSON.stringify({ keys: [es] })})`);
    expect(named(await importJwks(set))).toEqual(["es ES256"]);
  });
});

describe("the options of importJwks", () => {
  it.each([
    { algorithms: null },
    { algorithms: [] },
    { algorithms: ["HS256"] },
    { algorithms: ["RS256", "none"] },
    { algorithms: "RS256" },
    { algorithms: [undefined] },
    { algorithms: 7 },
  ])("refuses $algorithms", async ({ algorithms }) => {
    await expect(importJwks({ keys: [es] }, { algorithms: algorithms as never })).rejects.toThrow(
      /^importJwks: algorithms must be a list of RS256, /,
    );
  });

  it("refuses a misspelt option, and a listener that is none", async () => {
    await expect(importJwks({ keys: [es] }, { algorithm: ["ES256"] } as never)).rejects.toThrow(/algorithm/);
    await expect(importJwks({ keys: [es] }, { onSkipped: "log" as never })).rejects.toThrow(/onSkipped/);
  });
});

describe("a set of others", () => {
  const settings = { algorithms: null, takesPrivate: false };

  it("has no private key that is used", async () => {
    const { keys, skipped } = await readJwks({ keys: [esPrivate, rs] }, settings);
    expect(keys.map(({ kid, canSign }) => [kid, canSign])).toEqual([["rs", false]]);
    expect(skipped).toEqual([{ kid: "es", reason: expect.stringMatching(/^a private key was published/) }]);
  });

  it("gives the same object for a key that stays", async () => {
    const before = await readJwks({ keys: [es, rs] }, settings);
    const after = await readJwks({ keys: [rs, { ...es, kid: "renamed" }] }, { ...settings, known: before.byText });
    expect(after.keys[0]).toBe(before.keys[1]);
    expect(after.keys[1]).not.toBe(before.keys[0]);
  });

  it("has no token by a shared secret or by none", () => {
    for (const alg of ["HS256", "none", undefined, 7]) expect(isAccepted(alg, null)).toBe(false);
    expect([isAccepted("RS256", null), isAccepted("RS256", ["ES256"]), isAccepted("EdDSA", ["Ed25519"])]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
