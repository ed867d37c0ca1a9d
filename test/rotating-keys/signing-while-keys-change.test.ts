import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { externalKey } from "../../src/core/keys/external.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import type { VerifyingKey } from "../../src/core/keys/key.ts";
import { type KeyRing, keyRing } from "../../src/core/keys/ring.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { rotatingKeys } from "../../src/remote/rotating-keys.ts";
import { codeOf } from "../support/flow.ts";

const jwks = await Promise.all(["old", "new", "newest"].map(async (kid) => ({ ...(await generateKey("ES256")), kid })));
const [oldJwk, newJwk, newestJwk] = jwks as [JWK, JWK, JWK];
const next = await importKey(newJwk);

/** A key management service that does something else while it signs. */
async function slowKey(jwk: JWK, meanwhile: () => Promise<unknown>): Promise<VerifyingKey> {
  const { d: _d, ...publicKey } = jwk;
  const key: KeyObject = createPrivateKey({ key: jwk as never, format: "jwk" });
  return externalKey({
    algorithm: "ES256",
    publicKey,
    sign: async (input) => {
      await meanwhile();
      return sign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
    },
  });
}

/** Issues a token while the keys become others, and tells which key signed. */
async function issued(
  make: (meanwhile: () => Promise<unknown>) => Promise<VerifyingKey | KeyRing>,
  after: (meanwhile: () => Promise<unknown>) => Promise<VerifyingKey | KeyRing>,
) {
  let changes = 0;
  let given: VerifyingKey | KeyRing;
  const change = async (): Promise<void> => {
    changes += 1;
    given = await after(change);
    await keys.reload();
  };
  given = await make(change);
  const keys = rotatingKeys({ load: () => given });
  const profile = defineToken({ keys, issuer: null, audience: null });
  const token = await issueToken({ sub: "user-1" }, profile);
  expect(await codeOf(verifyToken(token, profile))).toBe("ok");
  return { kid: decodeToken(token).header.kid, changes };
}

describe("a token whose signature takes its time", () => {
  const old = (meanwhile: () => Promise<unknown>) => slowKey(oldJwk, meanwhile);

  it("is signed anew where the key has gone meanwhile", async () => {
    expect(await issued(old, async () => next)).toEqual({ kid: "new", changes: 1 });
  });

  it("is signed once where the key is another object, or still verifies", async () => {
    expect(await issued(old, () => old(async () => undefined))).toEqual({ kid: "old", changes: 1 });
    const behind = async () => keyRing(next, await old(async () => undefined));
    expect(await issued(old, behind)).toEqual({ kid: "old", changes: 1 });
  });

  it("is signed until the key is one that is still there", async () => {
    let turn = 0;
    const after = async (meanwhile: () => Promise<unknown>) => {
      turn += 1;
      return turn === 1 ? slowKey(newestJwk, meanwhile) : next;
    };
    expect(await issued(old, after)).toEqual({ kid: "new", changes: 2 });
  });

  it("is signed by the key of now where the schema takes its time", async () => {
    let load: () => Promise<unknown> = async () => undefined;
    const validate = async (value: unknown) => {
      await load();
      return { value };
    };
    const schema = { "~standard": { version: 1, vendor: "test", validate } } as never;
    let given: VerifyingKey = await importKey(oldJwk);
    const keys = rotatingKeys({ load: () => given });
    const profile = defineToken({ keys, issuer: null, audience: null, schema });
    load = async () => {
      given = next;
      await keys.reload();
    };
    const token = await issueToken({ sub: "user-1" } as never, profile);
    expect(decodeToken(token).header.kid).toBe("new");
  });

  it("is an outage where there is no key any more, and none can be loaded", async () => {
    let now = Date.now();
    let isGone = false;
    const key = await slowKey(oldJwk, async () => {
      isGone = true;
      now += 30 * 86_400_000;
    });
    const load = () => {
      if (isGone) throw new Error("boo");
      return key;
    };
    const keys = rotatingKeys({ load, now: () => now });
    const profile = defineToken({ keys, issuer: null, audience: null, now: () => now });
    expect(await codeOf(issueToken({ sub: "user-1" }, profile))).toBe("unavailable");
  });

  it("is signed by keys that are loaded anew where the old ones went stale meanwhile", async () => {
    let now = Date.now();
    let given = await slowKey(oldJwk, async () => {
      given = next;
      now += 30 * 86_400_000;
    });
    const keys = rotatingKeys({ load: () => given, now: () => now });
    const token = await issueToken(
      { sub: "user-1" },
      defineToken({ keys, issuer: null, audience: null, now: () => now }),
    );
    expect(decodeToken(token).header.kid).toBe("new");
  });

  it("is a mistake that is said where the next key only verifies", async () => {
    const { d: _d, ...publicJwk } = newJwk;
    await expect(issued(old, () => importKey(publicJwk))).rejects.toThrow(/first key only verifies/);
  });
});
