import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PairAlgorithm } from "../../../src/core/keys/algorithms.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import type { SigningKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { keyFor } from "../../support/keys.ts";
import { partOf } from "../../support/thorough.ts";
import { profileOf, reasonFor } from "../../support/tokens.ts";

/** What this Node plays: workerd, a runtime that takes any signature, or one whose pool fails. */
const played = vi.hoisted(() => ({ workerd: false, anySignature: false, poolFails: false, signedInPool: 0 }));

vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  const call = (method: "sign" | "verify", args: unknown[]) =>
    (crypto[method] as (...all: unknown[]) => unknown)(...args);
  /** workerd's one-shot functions: no key object beside options, and no thought for RSA's padding. */
  const asTaken = (key: object): object => {
    if (!played.workerd || !("key" in key)) return key;
    if ((key.key as { type?: unknown }).type !== undefined) throw new TypeError('"options.key" must be of type string');
    const { padding: _, saltLength: __, ...rest } = key as Record<string, unknown>;
    return rest;
  };
  const sign = (hash: unknown, data: unknown, key: object, done?: (error: Error) => void) => {
    const taken = asTaken(key);
    if (done === undefined) return call("sign", [hash, data, taken]);
    played.signedInPool++;
    return played.poolFails ? done(new Error("the pool fails")) : call("sign", [hash, data, taken, done]);
  };
  const verify = (
    hash: unknown,
    data: unknown,
    key: object,
    signature: unknown,
    ...done: [] | [(...all: unknown[]) => void]
  ) => {
    const taken = asTaken(key);
    if (!played.anySignature) return call("verify", [hash, data, taken, signature, ...done]);
    return done[0] === undefined ? true : done[0](null, true);
  };
  const playing = { ...crypto, sign, verify };
  return { ...playing, default: playing };
});

beforeEach(() => {
  Object.assign(played, { workerd: false, anySignature: false, poolFails: false, signedInPool: 0 });
});

const PAIRS: readonly PairAlgorithm[] = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "Ed25519", "EdDSA"] as const),
];
const RSA = PAIRS.slice(0, 6);

describe.each(PAIRS)("%s where the one-shot functions are workerd's", async (algorithm) => {
  const [jwk, another] = await Promise.all([keyFor(algorithm), keyFor(algorithm, 1)]);

  it.each([false, true])("signs and verifies, in the pool: %s", async (threadPool) => {
    const usual = await importKey(jwk);
    played.workerd = true;
    const signing = await importKey(jwk);
    const verifying = await importKey(publicJwks(signing).keys[0] as JWK);
    const token = await issueToken({ sub: "user-1" }, profileOf(signing));
    expect(await reasonFor(token, profileOf(verifying, { threadPool }))).toBe("accepted");
    const other = await issueToken(
      { sub: "user-1" },
      profileOf(await importKey({ ...another, kid: jwk.kid as string })),
    );
    expect(await reasonFor(other, profileOf(verifying, { threadPool }))).toMatch(/the signature does not hold/);
    played.workerd = false;
    expect(await reasonFor(token, profileOf(usual))).toBe("accepted");
  });
});

/** A number as the signature of a token, in so many bytes. */
const spelt = (value: bigint, bytes: number): string =>
  Buffer.from(value.toString(16).padStart(2 * bytes, "0"), "hex").toString("base64url");

const numberOf = (base64url: string): bigint => BigInt(`0x${Buffer.from(base64url, "base64url").toString("hex")}`);

/** Tokens of one key, until one has a signature that is wanted. */
async function tokenWhere(key: SigningKey, wanted: (signature: bigint) => boolean): Promise<[string, bigint]> {
  for (let count = 0; ; count++) {
    const token = await issueToken({ sub: `user-${count}` }, profileOf(key));
    const end = token.lastIndexOf(".");
    const signature = numberOf(token.slice(end + 1));
    if (wanted(signature)) return [token.slice(0, end), signature];
  }
}

/** To find one with a byte of zeros takes some hundreds of signatures. */
describe.each(partOf(RSA, 0, 2))("%s takes a signature in one spelling", (algorithm) => {
  it("which is below the modulus, whatever the runtime takes", async () => {
    let key: SigningKey;
    let modulus: bigint;
    let nth = 0;
    do {
      const jwk = await keyFor(algorithm, nth++);
      key = (await importKey(jwk)) as SigningKey;
      modulus = numberOf(String(jwk.n));
    } while (modulus > 2n ** 2_048n - 2n ** 2_044n); // of which hardly a signature fits twice
    const [input, signature] = await tokenWhere(key, (it) => it + modulus < 2n ** 2_048n);
    for (const anySignature of [false, true]) {
      played.anySignature = anySignature;
      const below = await reasonFor(`${input}.${spelt(modulus - 1n, 256)}`, profileOf(key));
      expect(below === "accepted").toBe(anySignature);
      for (const value of [signature + modulus, modulus, 2n ** 2_048n - 1n]) {
        const twin = `${input}.${spelt(value, 256)}`;
        expect(await reasonFor(twin, profileOf(key))).toMatch(/the signature does not hold/);
        expect(await reasonFor(twin, profileOf(key, { threadPool: true }))).toMatch(/the signature does not hold/);
      }
    }
  });

  it("which is as long as the modulus, zeros before it included", async () => {
    const key = (await importKey(await keyFor(algorithm))) as SigningKey;
    const [input, signature] = await tokenWhere(key, (it) => it < 2n ** 2_040n);
    const whole = profileOf(key);
    expect(await reasonFor(`${input}.${spelt(signature, 256)}`, whole)).toBe("accepted");
    for (const bytes of [255, 257, 512]) {
      const twin = `${input}.${spelt(signature, bytes)}`;
      expect(await reasonFor(twin, whole)).toMatch(/the signature does not hold/);
      expect(await reasonFor(twin, profileOf(key, { threadPool: true }))).toMatch(/the signature does not hold/);
    }
  });
});

describe.each(RSA)("a damaged private key for %s", (algorithm) => {
  const damage = (member: unknown, mask: number): string => {
    const bytes = Buffer.from(String(member), "base64url");
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) & mask, bytes.length - 1);
    return bytes.toString("base64url");
  };

  it("is found without the pool, where signing that fails aborts the process on some Nodes", async () => {
    const jwk = await keyFor(algorithm);
    for (const members of [["n"], ["p"], ["q"], ["n", "p", "q"]]) {
      const damaged = { ...jwk, ...Object.fromEntries(members.map((name) => [name, damage(jwk[name], 0xfe)])) };
      await importKey(damaged).catch((error) => {
        expect(error).toMatchObject({ message: expect.stringMatching(/do not belong together|can.t be read/) });
      });
    }
    await expect(importKey({ ...jwk, n: damage(jwk.n, 0xfe) })).rejects.toThrow(/do not belong together|can.t be read/);
    const key = (await importKey(jwk)) as SigningKey;
    expect(played.signedInPool).toBe(0);
    await issueToken({ sub: "user-1" }, profileOf(key));
    expect(played.signedInPool).toBe(1);
    played.poolFails = true;
    await expect(issueToken({ sub: "user-1" }, profileOf(key))).rejects.toThrow("the pool fails");
  });
});
