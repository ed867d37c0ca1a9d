import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../../../src/core/keys/algorithms.ts";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import { KEY } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { keyFor } from "../../support/keys.ts";
import { MEGABYTES } from "../../support/megabytes.ts";
import { rsaPair } from "../../support/rsa.ts";
import { THOROUGH } from "../../support/thorough.ts";
import { profileOf } from "../../support/tokens.ts";

const PAIRS: readonly Algorithm[] = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "Ed25519", "EdDSA"] as const),
];
const rsa = rsaPair();
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const pem = (key: typeof rsa.publicKey, type: string): string =>
  key.export({ type: type as "spki", format: "pem" }).toString();

describe("a PEM", () => {
  it.each([
    ["PKCS#8, RSA", pem(rsa.privateKey, "pkcs8"), "RS256", true],
    ["PKCS#1, private", pem(rsa.privateKey, "pkcs1"), "PS384", true],
    ["PKCS#8, EC", pem(ec.privateKey, "pkcs8"), undefined, true],
    ["SEC1", pem(ec.privateKey, "sec1"), undefined, true],
    [
      "SEC1 behind its parameters",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec.privateKey, "sec1")}`,
      undefined,
      true,
    ],
    ["PKCS#8, Ed25519", pem(ed.privateKey, "pkcs8"), undefined, true],
    ["SPKI, RSA", pem(rsa.publicKey, "spki"), "RS512", false],
    ["PKCS#1, public", pem(rsa.publicKey, "pkcs1"), "RS256", false],
    ["SPKI, EC", pem(ec.publicKey, "spki"), undefined, false],
    ["SPKI, Ed25519", `\ufeff  \n${pem(ed.publicKey, "spki")}`, undefined, false],
    ["with Windows' line ends", pem(ed.publicKey, "spki").replaceAll("\n", "\r\n"), undefined, false],
  ] as const)("in the form of %s", async (_form, text, algorithm, canSign) => {
    const key = await importKey(text, algorithm === undefined ? {} : { algorithm });
    expect(key.canSign).toBe(canSign);
    expect(key.kid).toMatch(/^[\w-]{43}$/);
  });

  const whole = pem(ed.privateKey, "pkcs8");
  const lines = (text: string): string[] => text.trimEnd().split("\n");
  const folded: Readonly<Record<string, (text: string) => string>> = {
    "with \\n for each line break": (text) => text.replaceAll("\n", "\\n"),
    "with \\r\\n for each line break": (text) => text.replaceAll("\n", "\\r\\n"),
    "with \\\\n for each line break": (text) => text.replaceAll("\n", "\\\\n"),
    "in one line, with spaces": (text) => text.replaceAll("\n", " "),
    "in one line": (text) => text.replaceAll("\n", ""),
    indented: (text) => text.replaceAll(/^/gm, "    "),
    "indented by tabs": (text) => text.replaceAll(/^/gm, "\t\t"),
    "with blank lines": (text) => text.replaceAll("\n", "\n\n"),
    "with old Macs' line ends": (text) => text.replaceAll("\n", "\r"),
    "with white space at the ends": (text) => text.replaceAll("\n", " \t\n"),
    "in lines of any length": (text) => text.replaceAll(/(?<=^MC.)/gm, "\n"),
    "in quotes": (text) => `"${text}"`,
    "in quotes, with \\n": (text) => `'${text.trimEnd().replaceAll("\n", "\\n")}'`,
  };

  it.each(Object.entries(folded))("%s", async (_how, fold) => {
    for (const [key, type] of [
      [ed.privateKey, "pkcs8"],
      [ed.publicKey, "spki"],
      [ec.privateKey, "sec1"],
    ] as const) {
      const text = pem(key as typeof ed.privateKey, type);
      expect((await importKey(fold(text))).kid).toBe((await importKey(text)).kid);
    }
    const rsaText = pem(rsa.privateKey, "pkcs1");
    expect((await importKey(fold(rsaText), { algorithm: "RS256" })).canSign).toBe(true);
  });

  const block = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
  const openssh = (type: string): string =>
    block("OPENSSH PRIVATE KEY", Buffer.from(`openssh-key-v1\0\0\0\0\x04none\0\0\0\x0b${type}`).toString("base64"));
  const encrypted = rsa.privateKey
    .export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "x" })
    .toString();

  it.each<readonly [string, string, RegExp]>([
    ["nothing", "", /this one is empty \(is an environment variable not set\?\)/],
    ["white space", " \n", /this one is empty/],
    ["no PEM", "secret", /has no "-----BEGIN"; pass what the file holds, not its name/],
    ["the name of a file", "/etc/keys/private.pem", /pass what the file holds/],
    ["a JWK as text", JSON.stringify(ed.publicKey.export({ format: "jwk" })), /parse a JWK's JSON first/],
    ["a PEM in base64", Buffer.from(whole).toString("base64"), /a PEM in base64; decode it first/],
    ["a PEM in base64url", Buffer.from(whole).toString("base64url"), /a PEM in base64; decode it first/],
    ["DER in base64", pem(ed.publicKey, "spki").split("\n")[1] as string, /lacks its lines -----BEGIN PUBLIC KEY-----/],
    ["some base64", "A".repeat(64), /has no "-----BEGIN"/],
    ["a certificate", block("CERTIFICATE", "AAAA"), /openssl x509/],
    ["an encrypted key", block("ENCRYPTED PRIVATE KEY", "AAAA"), /is encrypted; decrypt it with: openssl pkey -in/],
    ["an encrypted RSA key", encrypted, /is encrypted; decrypt it with: openssl pkey -in/],
    ["an encrypted RSA key in one line", encrypted.replaceAll("\n", "\\n"), /is encrypted/],
    ["an OpenSSH key", openssh("ssh-rsa"), /ssh-keygen -p -N "" -m pkcs8 -f copy/],
    ["an OpenSSH key in one line", openssh("ssh-rsa").replaceAll("\n", "\\n"), /ssh-keygen -p -N/],
    ["an OpenSSH key for Ed25519", openssh("ssh-ed25519"), /make a new one with: openssl genpkey -algorithm ed25519/],
    ["another label", block("DH PARAMETERS", "AAAA"), /labelled DH PARAMETERS: the labels it takes are PRIVATE KEY, /],
    ["two keys", pem(ec.privateKey, "pkcs8") + pem(ec.publicKey, "spki"), /holds several keys/],
    ["a damaged key", block("PUBLIC KEY", "AAAA"), /can't be read; it is damaged/],
    ["half a PEM", pem(rsa.publicKey, "spki").slice(0, 120), /its END line is missing.*quoted or has \\n/],
    ["its first line", lines(whole)[0] as string, /its END line is missing/],
    ["a PEM with another END line", whole.replace("END PRIVATE", "END PUBLIC"), /its END line is missing/],
    ["a PEM without anything in it", block("PUBLIC KEY", ""), /its base64 is cut off/],
    ["a PEM that lost a character", whole.replace("MC", "M"), /its base64 is cut off, or characters of it got lost/],
    ["a PEM of quoted lines", lines(whole).join('",\n"'), /quotes or commas between its lines/],
    ["a PEM whose backslashes are gone", whole.replaceAll("\n", "n"), /have become the letter "n"/],
    ["a PEM with a word in it", whole.replace("\n", "\n(secret)"), /something else than base64/],
    ["a PEM in base64url", whole.replace("\nM", "\n-_"), /something else than base64/],
    ["a PEM of backslashes", `-----BEGIN PUBLIC KEY-----${"\\".repeat(65_000)}`, /its END line is missing/],
    ["megabytes", "-----BEGIN PUBLIC KEY-----".repeat(MEGABYTES / 25), /at most 65536 characters/],
  ])("is refused when it is %s", async (_what, text, why) => {
    await expect(importKey(text)).rejects.toThrow(why);
    await expect(importKey(text)).rejects.toBeInstanceOf(TypeError);
  });
});

describe.each(PAIRS)("a JWK for %s", (algorithm) => {
  it("signs, and its public half verifies", async () => {
    const jwk = await keyFor(algorithm);
    const signing = await importKey(jwk);
    const [published] = publicJwks(signing).keys;
    const verifying = await importKey(published as JWK);
    expect([signing.canSign, verifying.canSign]).toEqual([true, false]);
    expect(verifying.kid).toBe(jwk.kid);
    const token = await issueToken({ sub: "user-1" }, profileOf(signing));
    expect((await verifyToken(token, profileOf(verifying))).sub).toBe("user-1");
    await expect(issueToken({ sub: "user-1" }, profileOf(verifying))).rejects.toThrow(/only verifies/);
  });
});

it("EdDSA and Ed25519 are one algorithm under two names", async () => {
  const jwk = await generateKey("EdDSA");
  const older = profileOf(await importKey(jwk));
  const newer = profileOf(await importKey({ ...jwk, alg: "Ed25519" }, { algorithm: "EdDSA" }));
  const newest = profileOf(await importKey({ ...jwk, alg: "Ed25519" }));
  for (const [by, of] of [
    [older, newest],
    [newest, older],
    [newer, older],
  ] as const) {
    expect((await verifyToken(await issueToken({ sub: "x" }, of), by)).sub).toBe("x");
  }
});

describe("kid", () => {
  it("is the RFC 7638 thumbprint, unless there is another", async () => {
    const { kid, ...jwk } = await generateKey("ES256");
    expect((await importKey(jwk)).kid).toBe(kid);
    expect((await importKey({ ...jwk, kid: "own" })).kid).toBe("own");
    expect((await importKey({ ...jwk, kid: "own" }, { kid: "given" })).kid).toBe("given");
  });

  it.each(PAIRS)("is the thumbprint that jose computes, of %s", async (algorithm) => {
    const jwk = THOROUGH ? await generateKey(algorithm) : await keyFor(algorithm);
    const thumbprint = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
    const { kid, ...unnamed } = jwk;
    expect([kid, (await importKey(unnamed as JWK)).kid]).toEqual([thumbprint, thumbprint]);
  });

  it.each(["", 1, null])("can't be %j", async (kid) => {
    const jwk = await generateKey("Ed25519");
    await expect(importKey({ ...jwk, kid: kid as string })).rejects.toThrow(/"kid" must be a non-empty string/);
    await expect(importKey(jwk, { kid: kid as string })).rejects.toThrow("importKey: kid must be a non-empty string");
  });
});

describe("a secret as a JWK", () => {
  const k = randomBytes(64).toString("base64url");

  it("needs its algorithm named, by itself or by the caller", async () => {
    expect((await importKey({ kty: "oct", k, alg: "HS512" })).algorithm).toBe("HS512");
    expect(await importKey({ kty: "oct", k, kid: "s" }, { algorithm: "HS256" })).toMatchObject({
      algorithm: "HS256",
      kid: "s",
    });
    expect((await importKey({ kty: "oct", k, alg: "HS256" })).kid).toBeNull();
    await expect(importKey({ kty: "oct", k })).rejects.toThrow(/needs its algorithm named/);
    await expect(importKey({ kty: "oct", k, alg: "RS256" })).rejects.toThrow(/needs its algorithm named/);
  });

  it.each([undefined, 1, "", "a b", `${k}=`, "AB", `${"A".repeat(42)}B`])(
    "has canonical base64url in k, and not %j",
    async (bad) => {
      await expect(importKey({ kty: "oct", k: bad, alg: "HS256" })).rejects.toThrow(
        /in "k", in base64url|needs at least 32 bytes/,
      );
    },
  );
});

describe("what is refused", () => {
  const jwk = rsa.publicKey.export({ format: "jwk" }) as JWK;
  const p256 = ec.privateKey.export({ format: "jwk" }) as JWK;
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" }) as JWK;
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }) as JWK;
  const secp = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const RS256 = { algorithm: "RS256" } as const;
  const whole = rsa.privateKey.export({ format: "jwk" });
  const even = Buffer.from(whole.n as string, "base64url").map((byte, at, all) => (at === all.length - 1 ? 0 : byte));
  const damaged = { ...whole, n: Buffer.from(even).toString("base64url") };

  it.each<readonly [string, unknown, object, RegExp]>([
    ["RSA without its algorithm", jwk, {}, /needs its algorithm named: .*RS256.*PS512/],
    ["RSA of 1024 bits", weak, RS256, /has 1024 bits, and 2048 is the least/],
    ["RSA with an exponent of 1", { ...jwk, e: "AQ" }, RS256, /exponent under 3|can't be read/],
    ["RSA for ECDSA", jwk, { algorithm: "ES256" }, /type rsa does not fit the algorithm ES256/],
    ["RSA for HMAC", jwk, { algorithm: "HS256" }, /does not fit the algorithm HS256/],
    ["another curve", p256, { algorithm: "ES384" }, /on the curve prime256v1 does not fit the algorithm ES384/],
    [
      "a curve nobody signs tokens with",
      secp.publicKey.export({ format: "jwk" }),
      {},
      /no algorithm fits a key of type ec/,
    ],
    ["a key for agreement", generateKeyPairSync("x25519").publicKey.export({ format: "jwk" }), {}, /no algorithm fits/],
    ["RSA with a modulus that is no product", damaged, RS256, /do not belong together|can.t be read/],
    ["RSA of more than two primes", { ...whole, oth: [{ r: "AQ", d: "AQ", t: "AQ" }] }, RS256, /more than two primes/],
    ["halves of two keys", { ...p256, x: other.x, y: other.y }, {}, /do not belong together|can't be read/],
    ["a point off the curve", { ...p256, d: undefined, x: randomBytes(32).toString("base64url") }, {}, /can't be read/],
    ["a key for encryption", { ...p256, use: "enc" }, {}, /"use" is not "sig"/],
    ["a private key that may not sign", { ...p256, key_ops: ["verify"] }, {}, /"key_ops" do not include "sign"/],
    ["a public key that may not verify", { ...jwk, key_ops: ["encrypt"] }, RS256, /"key_ops" do not include "verify"/],
    ["key_ops that are no list", { ...p256, key_ops: "sign" }, {}, /"key_ops" do not include/],
    ["another algorithm than its own", { ...jwk, alg: "PS256" }, RS256, /is for PS256, and can't be used for RS256/],
    ["an unknown algorithm of its own", { ...jwk, alg: "RSA-OAEP" }, {}, /no such signature algorithm/],
    ["an unknown algorithm", jwk, { algorithm: "none" }, /no such signature algorithm/],
    ["an algorithm of an object's own", jwk, { algorithm: "constructor" }, /no such signature algorithm/],
    ["another option", jwk, { alg: "RS256" }, /there is no option "alg"/],
    ["an unknown kty", { kty: "XYZ" }, {}, /takes a JWK whose "kty" is oct, RSA, EC, OKP, AKP$/],
    ["a kty of an object's own", { kty: "constructor" }, {}, /takes a JWK whose "kty" is oct/],
    ["a kty that is no string", { kty: 1 }, {}, /JWK as an object with "kty"/],
    ["an object without kty", {}, {}, /JWK as an object with "kty"/],
    ["undefined", undefined, {}, /the key is undefined; it must be given \(is an environment variable not set\?\)/],
    ["null", null, {}, /the key is null; it must be given/],
    ["a number", 1, {}, /takes a PEM as a string, or a JWK/],
    ["a JWKS", { keys: [jwk] }, {}, /JWK as an object with "kty"/],
    ["bytes", Buffer.from("x"), {}, /JWK as an object with "kty"/],
  ])("%s", async (_what, key, options, why) => {
    await expect(importKey(key as JWK, options)).rejects.toThrow(why);
    await expect(importKey(key as JWK, options)).rejects.toBeInstanceOf(TypeError);
  });

  it.each<readonly [string, number, number, RegExp | null]>([
    ["16,384 bits", 16_384, 3, null],
    ["16,392 bits", 16_392, 3, /this RSA key has 16392 bits, and 16384 is the most/],
    ["3,072 bits and an exponent of 65 bits", 3_072, 9, null],
    ["3,080 bits and an exponent of 64 bits", 3_080, 8, null],
    ["3,080 bits and an exponent of 65 bits", 3_080, 9, /over 3072 bits has a public exponent over 64 bits/],
  ])("RSA of %s: what OpenSSL never verifies with", async (_what, bits, exponentBytes, why) => {
    const odd = (bytes: number, first: number): string => {
      const number = randomBytes(bytes);
      number[0] = first;
      number[bytes - 1] = (number[bytes - 1] as number) | 1;
      return number.toString("base64url");
    };
    const key = { kty: "RSA", n: odd(bits / 8, 0xff), e: exponentBytes === 3 ? "AQAB" : odd(exponentBytes, 1) };
    const text = pem(createPublicKey({ key: key as never, format: "jwk" }), "spki");
    for (const imported of [importKey(key, RS256), importKey(text, RS256)]) {
      if (why === null) expect((await imported).algorithm).toBe("RS256");
      else await expect(imported).rejects.toThrow(why);
    }
  });

  it("RSA with an exponent of 1, in a PEM", async () => {
    const one = createPublicKey({ key: { ...jwk, e: "AQ" } as never, format: "jwk" });
    await expect(importKey(pem(one, "spki"), RS256)).rejects.toThrow(/exponent under 3/);
  });
});

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const hasMlDsa = major > 24 || (major === 24 && minor >= 8);

/** An algorithm of each kind of key, with what makes its public half and its private one. */
const KINDS: readonly (readonly [Algorithm, readonly string[], readonly string[]])[] = [
  ["RS256", ["n"], ["d", "p", "q", "dp", "dq", "qi"]],
  ["PS512", ["n"], ["d", "p", "q", "dp", "dq", "qi"]],
  ["ES256", ["x", "y"], ["d"]],
  ["ES384", ["x", "y"], ["d"]],
  ["ES512", ["x", "y"], ["d"]],
  ["Ed25519", ["x"], ["d"]],
  ...(hasMlDsa ? (["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const) : []).map(
    (algorithm) => [algorithm, ["pub"], ["priv"]] as const,
  ),
];

describe.each(KINDS)("a private JWK for %s", (algorithm, publicNames, privateNames) => {
  const part = (jwk: JWK, names: readonly string[]): object =>
    Object.fromEntries(names.map((name) => [name, jwk[name]]));

  it("whose public half is another key's is refused", async () => {
    const [own, other] = [await keyFor(algorithm), await keyFor(algorithm, 1)];
    await expect(importKey({ ...own, ...part(other, publicNames) })).rejects.toThrow(
      /do not belong together|can.t be read/,
    );
    await expect(importKey({ ...own, ...part(other, privateNames) })).rejects.toThrow(
      /do not belong together|can.t be read/,
    );
  });

  it("is told which of its members are missing, or no strings", async () => {
    const jwk = await keyFor(algorithm);
    // Without its one private member it is the public key.
    for (const name of [...publicNames, ...(privateNames.length > 1 ? privateNames : [])]) {
      const why = new RegExp(`a private JWK of type ${jwk.kty} needs, as a string each: "${name}"$`);
      const { [name]: _, ...rest } = jwk;
      await expect(importKey(rest as JWK)).rejects.toThrow(why);
      await expect(importKey({ ...jwk, [name]: 1 })).rejects.toThrow(why);
    }
  });

  it("without its public members is not read as the public key that they would be of", async () => {
    const jwk = await keyFor(algorithm);
    const { [publicNames[0] as string]: _, ...rest } = (await importKey(jwk))[KEY].publicJwk as JWK;
    await expect(importKey(rest as JWK)).rejects.toThrow(/a public JWK of type \w+ needs, as a string each: "\w+"$/);
  });

  it("publishes what its kind of key has, and nothing else", async () => {
    const { publicJwk } = (await importKey(await keyFor(algorithm)))[KEY];
    const names = Object.keys(publicJwk ?? {});
    expect(names).toEqual(expect.arrayContaining(["kty", ...publicNames, "kid", "alg", "use"]));
    expect(names.filter((name) => privateNames.includes(name) || publicJwk?.[name] === undefined)).toEqual([]);
  });
});

describe("an RSA private key with numbers of another key", async () => {
  const [own, other] = [await keyFor("RS256"), await keyFor("RS256", 1)];
  const PRIMES = ["p", "q", "dp", "dq", "qi"];

  it.each([["d"], PRIMES, ["p", "q"], ...PRIMES.map((name) => [name])].map((names) => [names.join(), names]))(
    "is refused: %s",
    async (_names, names) => {
      const mixed = { ...own, ...Object.fromEntries((names as string[]).map((name) => [name, other[name]])) };
      const why = /do not belong together|can.t be read/;
      await expect(importKey(mixed)).rejects.toThrow(why);
      const read = () => createPrivateKey({ key: mixed as never, format: "jwk" });
      for (const type of ["pkcs1", "pkcs8"]) {
        // Node 26 makes no key object of such a JWK, and so no PEM.
        const refused = expect((async () => importKey(pem(read(), type), { algorithm: "RS256" }))()).rejects;
        await refused.toThrow(/do not belong together|can.t be read|Invalid JWK/);
      }
    },
  );

  it("is refused where its private exponent is one too high", async () => {
    const d = (BigInt(`0x${Buffer.from(String(own.d), "base64url").toString("hex")}`) + 1n).toString(16);
    const damaged = { ...own, d: Buffer.from(d.padStart(512, "0"), "hex").toString("base64url") };
    await expect(importKey(damaged)).rejects.toThrow(/do not belong together/);
  });

  it("is taken where its primes are in the other order", async () => {
    const { p, q, dp, dq } = own;
    const [P, Q] = [p, q].map((it) => BigInt(`0x${Buffer.from(String(it), "base64url").toString("hex")}`)) as [
      bigint,
      bigint,
    ];
    let [qi, base] = [1n, P % Q];
    for (let exponent = Q - 2n; exponent > 0n; exponent >>= 1n, base = (base * base) % Q) {
      if (exponent & 1n) qi = (qi * base) % Q;
    }
    const swapped = {
      ...own,
      p: q,
      q: p,
      dp: dq,
      dq: dp,
      qi: Buffer.from(qi.toString(16).padStart(256, "0"), "hex").toString("base64url"),
    };
    expect((await importKey(swapped)).kid).toBe(own.kid);
  });
});

it("a JWK of RSA may write zeros before its numbers", async () => {
  const jwk = await keyFor("RS256");
  const n = Buffer.concat([Buffer.alloc(1), Buffer.from(String(jwk.n), "base64url")]).toString("base64url");
  expect((await importKey({ ...jwk, n })).kid).toBe(jwk.kid);
});

it("a PEM in SEC1 whose public half is another key's is refused", async () => {
  const [own, other] = [ec, generateKeyPairSync("ec", { namedCurve: "P-256" })].map(({ privateKey }) =>
    privateKey.export({ type: "sec1", format: "der" }),
  ) as [Buffer, Buffer];
  const mixed = Buffer.concat([own.subarray(0, -65), other.subarray(-65)]).toString("base64");
  const text = `-----BEGIN EC PRIVATE KEY-----\n${mixed}\n-----END EC PRIVATE KEY-----`;
  await expect(importKey(text)).rejects.toThrow(/do not belong together|can't be read/);
});
