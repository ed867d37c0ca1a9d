import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { secretKey } from "../../src/core/keys/secret.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = publicKey.export({ format: "jwk" });
const filler = "A".repeat(64);

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

describe.each(Object.entries(TEXTS))("%s", (_what, text) => {
  it.each(Object.entries(BEFORE))("is no secret behind %s", (_before, prefix) => {
    expect(() => secretKey(prefix + text)).toThrow(/was given the text of a key or certificate.*use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text))).toThrow(/use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text, "utf16le"))).toThrow(/use importKey/);
    expect(() => secretKey(Buffer.from(prefix + text, "utf16le").swap16())).toThrow(/use importKey/);
  });
});

it("says nothing of the text in its message", () => {
  expect(() => secretKey(TEXTS["a PKCS#8 PEM"] ?? "")).not.toThrow(/MII/);
});

it.each(["keys and kty are words in this passphrase of mine", "begin----------------------------------"])(
  "leaves a passphrase alone: %s",
  (secret) => {
    expect(secretKey(secret).algorithm).toBe("HS256");
  },
);
