import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { rsaPair } from "../support/rsa.ts";
import { partOf, runs } from "../support/thorough.ts";

const { publicKey, privateKey } = rsaPair();
const jwk = publicKey.export({ format: "jwk" });
const filler = "A".repeat(64);

const numbered = <Value>(table: Readonly<Record<string, Value>>) =>
  Object.entries(table).map(([name, value], nth) => [name, value, nth] as const);

const TEXTS: Readonly<Record<string, string>> = {
  "an SPKI PEM": publicKey.export({ type: "spki", format: "pem" }).toString(),
  "a PKCS#1 PEM": publicKey.export({ type: "pkcs1", format: "pem" }).toString(),
  "a PKCS#8 PEM": privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  "a certificate": `-----BEGIN CERTIFICATE-----\n${filler}\n-----END CERTIFICATE-----`,
  "an OpenSSH private key": `-----BEGIN OPENSSH PRIVATE KEY-----\n${filler}\n-----END OPENSSH PRIVATE KEY-----`,
  "an SSH2 public key": `---- BEGIN SSH2 PUBLIC KEY ----\n${filler}\n---- END SSH2 PUBLIC KEY ----`,
  "an OpenSSH public key": `ssh-ed25519 ${filler} reader@example.com`,
  "an OpenSSH RSA key": `ssh-rsa ${filler}`,
  "an OpenSSH ECDSA key": `ecdsa-sha2-nistp256 ${filler}`,
  "a PuTTY key": `PuTTY-User-Key-File-3: ssh-ed25519\n${filler}`,
  "a JWK": JSON.stringify(jwk),
  "a JWK, indented": JSON.stringify(jwk, null, 2),
  "a JWK with its kty last": JSON.stringify({ n: jwk.n, e: jwk.e, kty: "RSA" }),
  "a JWKS": JSON.stringify({ keys: [jwk] }),
  "a JWK of a secret": JSON.stringify({ kty: "oct", k: filler }),
  "a JWK in columns": `{\n  "kty"${" ".repeat(40)}:\n\t"RSA",\n  "n" : "${jwk.n}"\n}`,
  "a JWK in HTML": JSON.stringify(jwk).replaceAll('"', "&quot;"),
  "a JWK in HTML, by numbers": JSON.stringify(jwk).replaceAll('"', "&#34;"),
  ".NET's XML": `<RSAKeyValue><Modulus>${jwk.n}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>`,
  "openssl rsa -modulus": `Modulus=${Buffer.from(String(jwk.n), "base64url").toString("hex").toUpperCase()}`,
  "openssl pkey -text, RSA": `Public-Key: (2048 bit)\nModulus:\n    00:${filler}`,
  "openssl pkey -text, EC": `Public-Key: (256 bit)\npub:\n    04:${filler}`,
  "openssl pkey -text, private EC": `Private-Key: (256 bit)\npriv:\n    1f:${filler}\npub:\n    04:${filler}`,
  "openssl pkey -text, Ed25519": `ED25519 Public-Key:\npub:\n    19:${filler}`,
  "an empty JWKS": `{ "keys" : [ ] }${" ".repeat(32)}`,
};

const BEFORE: Readonly<Record<string, string>> = {
  nothing: "",
  "white space": " \t\r\n\v\f\u00a0\u2028",
  "a byte order mark": "\ufeff",
  "zero-width characters": "\u200b\u200c\u200d\u2060",
  "a comment": "# the key of production\n",
  "a block comment": "/* the key */ ",
  "openssl's own words": "Bag Attributes\n    friendlyName: key\n",
  "a NUL": "\0",
};

describe.each(numbered(TEXTS))("%s", (_what, text, nth) => {
  it.each(partOf(Object.entries(BEFORE), nth, 3))("is no secret behind %s", (_before, prefix) => {
    expect(() => secretKey(prefix + text)).toThrow(/is a key or certificate.*use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text))).toThrow(/use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text, "utf16le"))).toThrow(/use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text, "utf16le").swap16())).toThrow(/use importKey/);
  });
});

it("says nothing of the text in its message", () => {
  expect(() => secretKey(TEXTS["a PKCS#8 PEM"] ?? "")).not.toThrow(/MII/);
});

it.each([
  "keys and kty are words in this passphrase of mine",
  "begin----------------------------------",
  "kty economics, modulus operandi, the pub: a public key: of mine",
])("leaves a passphrase alone: %s", (secret) => {
  expect(secretKey(secret).algorithm).toBe("HS256");
});

describe("a secret has at most 65,536 bytes", () => {
  it.each<readonly [string, string | Uint8Array]>([
    ["text", "x".repeat(65_537)],
    ["bytes", new Uint8Array(65_537)],
    ["text of two bytes each", "é".repeat(32_769)],
    ["megabytes of escapes", "%30".repeat(MEGABYTES / 3)],
  ])("and not more, as %s", async (_what, secret) => {
    const start = performance.now();
    const why = "secretKey: a secret has at most 65536 bytes";
    expect(() => secretKey(secret)).toThrow(why);
    const k = Buffer.from(secret as string).toString("base64url");
    await expect(importKey({ kty: "oct", alg: "HS256", k })).rejects.toThrow(why);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("and may have as many", () => {
    expect(secretKey(randomBytes(65_536)).algorithm).toBe("HS256");
  });
});

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const der = (key: KeyObject, type: string): Buffer => key.export({ type: type as "spki", format: "der" }) as Buffer;

/** Made by: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=issuer.example -days 36500 */
const CERTIFICATE =
  "MIIBijCCAS+gAwIBAgIUaMGaW5nQcmGh+WdrZ0bemcOZBxYwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTI2MTE0OTMwWhgPMjEyNjExMDIxMTQ5MzBaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwJmqq/Ur8tHsfFt8jsxUk+gMXLSIuW3fc4iO/V28J7q6iHFrhPHGzbKJjTB4ggoEkK1SOctfvUAnjuxUXMXiqKNTMFEwHQYDVR0OBBYEFNUavWVFYn7eknOS07toorXqUE6AMB8GA1UdIwQYMBaAFNUavWVFYn7eknOS07toorXqUE6AMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAN5D/EqKOxSsRYZ+AmAzya0C4cqaTlNc4WLiJH2dlStZAiEAmL3PlGqdyOo8FedM1tchgbkf83N4XwUQvbFXVAJ73io=";

/** DER as RFC 9881 §4 has it: the algorithm in two SEQUENCEs, and the key in a BIT STRING. */
const mlDsaSpki = (beginning: string, oid: string, bytes: number): Buffer =>
  Buffer.concat([Buffer.from(`${beginning}300b0609608648016503040${oid}`, "hex"), randomBytes(bytes)]);

const BYTES: Readonly<Record<string, Buffer>> = {
  "SPKI, RSA": der(publicKey, "spki"),
  "SPKI, EC": der(ec.publicKey, "spki"),
  "SPKI, Ed25519": der(ed.publicKey, "spki"),
  "PKCS#1, public": der(publicKey, "pkcs1"),
  "PKCS#8, RSA": der(privateKey, "pkcs8"),
  "PKCS#8, Ed25519": der(ed.privateKey, "pkcs8"),
  "PKCS#1, private": der(privateKey, "pkcs1"),
  SEC1: der(ec.privateKey, "sec1"),
  "a certificate": Buffer.from(CERTIFICATE, "base64"),
  "SPKI, ML-DSA-44": mlDsaSpki("30820532", "3110382052100", 1_312),
  "SPKI, ML-DSA-87": mlDsaSpki("30820a32", "31303820a2100", 2_592),
  "a PEM": Buffer.from(TEXTS["an SPKI PEM"] as string),
  "a JWKS": Buffer.from(TEXTS["a JWKS"] as string),
  "an OpenSSH key's second word": Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0 0123456789abcdef0123456789abcdef", "latin1"),
};

const inLines = (text: string): string => text.replace(/.{64}/g, "$&\n");
const SPELLINGS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  base64: (bytes) => bytes.toString("base64"),
  "base64 in lines": (bytes) => inLines(bytes.toString("base64")),
  "base64 in quotes": (bytes) => `"${bytes.toString("base64")}"\n`,
  "base64 without padding": (bytes) => bytes.toString("base64").replace(/=+$/, ""),
  base64url: (bytes) => bytes.toString("base64url"),
  hex: (bytes) => bytes.toString("hex"),
  "hex in capitals": (bytes) => bytes.toString("hex").toUpperCase(),
  "hex with 0x": (bytes) => `0x${bytes.toString("hex")}`,
  "hex with colons": (bytes) => bytes.toString("hex").replace(/..(?=.)/g, "$&:"),
  "base64 of base64": (bytes) => Buffer.from(bytes.toString("base64")).toString("base64"),
  "base64 of hex": (bytes) => Buffer.from(bytes.toString("hex")).toString("base64"),
};

describe.each(numbered(BYTES))("%s", (_what, bytes, nth) => {
  const why = /is a key or certificate.*use importKey/;

  it("is no secret as bytes", async () => {
    expect(() => secretKey(bytes)).toThrow(why);
    expect(() => secretKey(Uint8Array.from([...bytes, 0x0a]))).toThrow(why);
    expect(() => secretKey(bytes.toString("latin1"))).toThrow(why);
    await expect(importKey({ kty: "oct", alg: "HS256", k: bytes.toString("base64url") })).rejects.toThrow(why);
  });

  it.each(partOf(Object.entries(SPELLINGS), nth, 3))("is no secret in %s", async (_how, spell) => {
    const text = spell(bytes);
    for (const secret of [text, Buffer.from(text), Buffer.from(`\ufeff${text}`, "utf16le")]) {
      expect(() => secretKey(secret)).toThrow(why);
      const k = Buffer.from(secret).toString("base64url");
      await expect(importKey({ kty: "oct", alg: "HS256", k })).rejects.toThrow(why);
    }
  });
});

describe("random bytes that begin like DER", () => {
  const BEGINNINGS = [
    "30",
    "3020",
    "302a300506032b6570",
    "30820122300d06092a864886f70d01010105000382010f00",
    "308204a2020100",
  ];
  const rsaOfThreeBits = "3006020107020103";

  it.each([...BEGINNINGS, rsaOfThreeBits])("are a secret behind %s", (beginning) => {
    for (let round = 0; round < runs(5, 50); round++) {
      const bytes = Buffer.concat([Buffer.from(beginning, "hex"), randomBytes(64)]);
      for (const secret of [bytes, bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url")]) {
        expect(secretKey(secret).algorithm).toBe("HS256");
      }
    }
  });

  it("are not what the test takes them for, if Node reads them", () => {
    const bytes = Buffer.concat([Buffer.from(rsaOfThreeBits, "hex"), randomBytes(64)]);
    expect(createPublicKey({ key: bytes, format: "der", type: "pkcs1" }).asymmetricKeyDetails?.modulusLength).toBe(3);
  });
});

it("bytes that were read as UTF-8, and so are lost, are no secret", () => {
  expect(() => secretKey(der(publicKey, "spki").toString())).toThrow(/has U\+FFFD.*pass the bytes$/);
  expect(() => secretKey(`${randomBytes(64).toString("hex")}\ud800`)).toThrow(/has U\+FFFD/);
  expect(secretKey(Buffer.from("\ufffd".repeat(16))).algorithm).toBe("HS256");
});

describe("a public key as environment variables and forms may have it", () => {
  const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
  const jwk = JSON.stringify(publicKey.export({ format: "jwk" }));
  const base64 = der(publicKey, "spki").toString("base64");

  it.each([
    ["its lines parted by an escape", pem.split("\n").slice(1, -2).join("\\n")],
    ["percent-encoded", encodeURIComponent(pem)],
    ["with + for spaces", pem.replaceAll(" ", "+")],
    ["a JWK in JSON in JSON", JSON.stringify(jwk)],
    ["without its dashes", pem.replaceAll("-", "")],
    ["without its dashes, in one line", pem.replaceAll("-", "").replaceAll("\n", "")],
    ["its bytes in a JSON list", JSON.stringify([...der(publicKey, "spki")])],
    ["its bytes as JSON has a Buffer", JSON.stringify(der(publicKey, "spki"))],
    ["its bytes as JSON has a Uint8Array", JSON.stringify(new Uint8Array(der(publicKey, "spki")))],
    ["its bytes with signs, as Java has them", `[${new Int8Array(der(publicKey, "spki")).join(", ")}]`],
    ["a data URL of a PEM", `data:application/x-pem-file;base64,${Buffer.from(pem).toString("base64")}`],
    ["a data URL of DER", `data:application/pkix-spki;base64,${base64}`],
    ...["KEY", "KEYS", "A_KEY", "PUBLIC_KEY", "export PUBLIC-KEY"].map((name) => [
      `behind ${name}=`,
      `${name}=${base64}`,
    ]),
    ["in hex, behind a name", `PUBLIC_KEY=${der(publicKey, "spki").toString("hex")}`],
    ["in hex, behind another name", `KEY_ONE=${der(publicKey, "spki").toString("hex")}`],
    ["in base64, percent-encoded", encodeURIComponent(base64)],
    ["in base64 with escaped slashes", JSON.stringify(base64).replaceAll("/", "\\/")],
    ["in base64 with escapes as .NET writes them", base64.replaceAll("+", "\\u002B")],
    ["a JWK in YAML", "kty: RSA\ne: AQAB\nn: abcdefghijklmnopqrstuvwxyz"],
    ["a JWK, percent-encoded", encodeURIComponent(jwk)],
    ["a JWK, percent-encoded twice", encodeURIComponent(encodeURIComponent(jwk))],
    ...["\n", " ", "\t\r\n", "\ufeff", "key:"].map((before) => [
      `DER behind ${JSON.stringify(before)}`,
      `${before}${der(publicKey, "spki").toString("latin1")}`,
    ]),
  ])("%s is no secret", (_how, text) => {
    expect(() => secretKey(text as string)).toThrow(/is a key or certificate/);
    expect(() => secretKey(Buffer.from(text as string, "latin1"))).toThrow(/is a key or certificate/);
  });
});

/** Each round makes four secrets: twenty thousand of them, none of which was refused, take half a minute. */
const ROUNDS = runs(30, 250);

it("no random secret is taken for a key", () => {
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(32 + (round % 33));
    if (round % 2 === 0)
      bytes.set(Buffer.from(["302a3005", "30593013", "30820122300d0609"][round % 3] as string, "hex"));
    for (const secret of [bytes, bytes.toString("base64url"), bytes.toString("base64"), bytes.toString("hex")]) {
      expect(secretKey(secret).algorithm).toBe("HS256");
    }
  }
});

it.each<readonly [string, string]>([
  ["beginnings of DER", "0Y0\x02\x06".repeat(13_000)],
  ["dashes", "-".repeat(65_536)],
  ["digits", "1".repeat(65_536)],
  ["numbers", "48,0,".repeat(13_000)],
  ["escapes", "%30\\u0030".repeat(7_000)],
  ["backslashes", "\\".repeat(65_536)],
  ["words before a type", "kty:".repeat(16_000)],
  ["base64", "MIIB".repeat(16_000)],
])("looks for keys in bounded time: %s", (_what, text) => {
  const start = performance.now();
  expect(secretKey(text).algorithm).toBe("HS256");
  expect(performance.now() - start).toBeLessThan(3_000);
});
