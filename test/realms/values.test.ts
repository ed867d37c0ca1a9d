import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { copyBytes } from "../../src/core/bytes.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { createGuard } from "../../src/guard/create.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { codeOf } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const realm = createContext({});
/** A value made by the classes of another realm, as a Jest sandbox or a plugin hands it in. */
const foreign = <T>(code: string): T => runInContext(`(${code})`, realm) as T;

it("the other realm is another", () => {
  for (const name of ["Uint8Array", "Error", "Promise", "Object", "Map", "Array"] as const) {
    expect(foreign(name)).not.toBe(globalThis[name]);
  }
});

const CHEAP = { memoryCost: 64, timeCost: 1 };

describe("bytes", () => {
  it("of another realm are a secret", () => {
    expect(secretKey(foreign<Uint8Array>("new Uint8Array(32).fill(7)")).algorithm).toBe("HS256");
    expect(() => secretKey(foreign<Uint8Array>("new Uint8Array(31)"))).toThrow(/this one has 31/);
  });

  it("of another realm are a pepper, the same one as here", async () => {
    const [here, there] = [new Uint8Array(16).fill(7), foreign<Uint8Array>("new Uint8Array(16).fill(7)")];
    const stored = await createPasswordHasher({ ...CHEAP, pepper: there }).hash("x");
    expect(await createPasswordHasher({ ...CHEAP, pepper: here }).compare("x", stored)).toBe(true);
    expect(await createPasswordHasher(CHEAP).compare("x", stored)).toBe(false);
  });

  it.each(["new DataView(new ArrayBuffer(64))", "new Uint16Array(64)", "new Float64Array(64)", "new ArrayBuffer(64)"])(
    "are not those of a %s, of any realm",
    (code) => {
      for (const value of [foreign<Uint8Array>(code), new Function(`return ${code}`)()]) {
        expect(() => secretKey(value)).toThrow("secretKey takes a string or Uint8Array");
        expect(() => createPasswordHasher({ pepper: value })).toThrow(/pepper must be a Uint8Array/);
      }
    },
  );

  it("are copied by what they are, and not by what they say that they are", () => {
    const lying = Object.assign(new Uint8Array(32).fill(7), { *[Symbol.iterator]() {} });
    expect(copyBytes(lying)).toEqual(new Uint8Array(32).fill(7));
    expect(copyBytes(Buffer.from("x"))).toEqual(new Uint8Array([120]));
    expect(copyBytes({ [Symbol.toStringTag]: "Uint8Array", length: 32 })).toBeNull();
  });
});

describe("keys, claims and options of another realm", () => {
  it("make and verify tokens", async () => {
    const jwk = JSON.stringify(await generateKey("Ed25519"));
    const key = await importKey(foreign(jwk));
    const token = defineToken(
      foreign<(it: object) => never>("(it) => ({ ...it, audience: ['a', 'b'] })")({
        keys: key,
        issuer: null,
      }),
    );
    const text = await issueToken(foreign<never>('{ sub: "user-1", roles: ["admin"] }'), token);
    expect(await verifyToken(text, token)).toMatchObject({ sub: "user-1", aud: ["a", "b"], roles: ["admin"] });
    expect((await createGuard({ token }).authenticate(foreign(`["Bearer ${text}"]`))).userId).toBe("user-1");
    await expect(createGuard({ token }).authenticate(foreign('["a", "b"]'))).rejects.toMatchObject({ status: 400 });
  });

  it("are refused with the same words", async () => {
    await expect(importKey(foreign('{ kty: "OKP", crv: "Ed25519", x: "" }'))).rejects.toThrow(/can't be read/);
    await expect(importKey("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")).rejects.toThrow(
      /importKey: this key can't be read/,
    );
    await expect(importKey("-----BEGIN CERTIFICATE-----")).rejects.toThrow(/openssl x509/);
    expect(() => defineToken(foreign<never>("[]"))).toThrow(/takes a plain object with options/);
  });
});

describe("what a store or a schema of another realm does", () => {
  const good = async (token = profileOf()) => `Bearer ${await issueToken({ sub: "user-1" }, token)}`;

  it.each([
    ["a promise of false", "async () => false", "ok"],
    ["a promise of true", "async () => true", "revoked"],
    ["a thenable of true", "() => ({ then: (done) => done(true) })", "revoked"],
    ["a rejection", "async () => { throw new Error('boo') }", "unavailable"],
    ["an error", "() => new Error('boo')", "unavailable"],
    ["a promise in a promise", "async () => ({ then: (done) => done(Promise.resolve(true)) })", "revoked"],
  ])("a blocklist's answer is %s", async (_what, code, outcome) => {
    const blocklist = { ...memoryBlocklist({ now: () => NOW }), isRevoked: foreign<never>(code) };
    const guard = createGuard({ token: profileOf(), blocklist });
    expect(await codeOf(guard.authenticate(await good()))).toBe(outcome);
  });

  it.each([
    ["a promise", "async (value) => ({ value: { ...value, seen: true } })"],
    ["a value", "(value) => ({ value: { ...value, seen: true } })"],
  ])("a schema's answer is %s", async (_what, code) => {
    const claims = { "~standard": { version: 1, vendor: "test", validate: foreign(code) } };
    const token = profileOf(undefined, { schema: claims } as object);
    const { claims: given } = await createGuard({ token }).authenticate(await good(token));
    expect(given).toMatchObject({ sub: "user-1", seen: true });
    expect(await verifyToken((await good(token)).slice("Bearer ".length), token)).toMatchObject({ seen: true });
  });

  it("a legacy scheme's answer is a promise", async () => {
    const scheme = { recognises: () => true, compare: foreign<never>("async () => true") };
    expect(await createPasswordHasher({ ...CHEAP, legacy: [scheme] }).compare("x", "old")).toBe(true);
  });
});

/** This one asks what frameworks will ask: they take an error of another realm for none. */
const MAY_ASK = "adapters/thrown.ts";

it("no source asks what class a value from outside is of", () => {
  const src = join(import.meta.dirname, "../../src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const asking = files.filter((file) => {
    const code = readFileSync(join(src, file), "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
    return /\binstanceof\b|\.constructor ===|isPrototypeOf/.test(code);
  });
  expect(files.length).toBeGreaterThan(100);
  expect(asking).toEqual([MAY_ASK]);
});
