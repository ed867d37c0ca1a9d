import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { SigningKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { retireKey } from "../../../src/core/keys/retire.ts";
import { type KeyRing, keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import type { TokenProfile } from "../../../src/core/token/profile.ts";
import { frozenClock } from "../../../src/testing/clock.ts";
import { keyFor } from "../../support/keys.ts";
import { NOW, profileOf, reasonFor } from "../../support/tokens.ts";

const es = (await importKey(await generateKey("ES256"))) as SigningKey;
const rs = (await importKey(await keyFor("RS256"))) as SigningKey;
const ed = (await importKey(await generateKey("Ed25519"))) as SigningKey;
const old = secretKey("o".repeat(32), { kid: "old" });
const older = secretKey("p".repeat(32), { kid: "older" });
const next = secretKey("n".repeat(32), { kid: "next" });
const HOUR = 3_600_000;
const at = (hours: number): Date => new Date(NOW + hours * HOUR);

/** A token that no time ends within these tests. */
const mint = (key: SigningKey | KeyRing): Promise<string> =>
  issueToken({ sub: "user-1" }, profileOf(key, { expiresIn: "30d" }));
const gone = /^invalid_token: (?:kid|alg) is /;

describe("a key that retires", () => {
  it.each([
    ["a secret", old],
    ["ES256", es],
    ["RS256", rs],
    ["Ed25519", ed],
  ] as const)("verifies up to its date, and signs no more: %s", async (_, key) => {
    const token = await mint(key);
    const retired = retireKey(key, at(1));
    expect(retired).toMatchObject({ kid: key.kid, algorithm: key.algorithm, canSign: false, retiresAt: NOW + HOUR });
    expect([key.canSign, key.retiresAt]).toEqual([true, null]);
    await expect(issueToken({}, profileOf(retired))).rejects.toThrow(/the profile's first key only verifies/);
    const clock = frozenClock(NOW);
    const profile = profileOf(keyRing(next, retired), { now: clock.now });
    expect(await reasonFor(token, profile)).toBe("accepted");
    clock.set(NOW + HOUR - 1);
    expect(await reasonFor(token, profile)).toBe("accepted");
    clock.set(NOW + HOUR);
    expect(await reasonFor(token, profile)).toMatch(gone);
    expect(await reasonFor(await issueToken({ sub: "user-1" }, profile), profile)).toBe("accepted");
  });

  it("does so by the clock of each profile", async () => {
    const token = await mint(old);
    const ring = keyRing(next, retireKey(old, at(1)));
    const [early, late] = [frozenClock(at(0)), frozenClock(at(2))];
    const [one, other] = [profileOf(ring, { now: early.now }), profileOf(ring, { now: late.now })];
    for (let round = 0; round < 2; round += 1) {
      expect(await reasonFor(token, one)).toBe("accepted");
      expect(await reasonFor(token, other)).toMatch(gone);
    }
    early.set(at(2));
    late.set(at(0));
    expect(await reasonFor(token, one)).toMatch(gone);
    expect(await reasonFor(token, other)).toBe("accepted");
  });

  it("leaves no token remembered, and keeps those of the keys that stay", async () => {
    const clock = frozenClock(NOW);
    const profile = profileOf(keyRing(next, retireKey(old, at(1))), { now: clock.now, cacheSize: 100 });
    const bare = profileOf(keyRing(next, retireKey(old, at(1))), { now: clock.now, cacheSize: 0 });
    const [token, fresh] = [await mint(old), await mint(next)];
    for (const hours of [0, 0.5, 1, 1.5, 0.25, 3]) {
      clock.set(at(hours));
      for (const it of [token, fresh, token]) {
        expect(await reasonFor(it, profile)).toBe(await reasonFor(it, bare));
      }
    }
  });

  it("does so one after another, each at its date", async () => {
    const clock = frozenClock(NOW);
    const ring = keyRing(next, retireKey(old, at(2)), retireKey(older, at(1)), retireKey(es, at(2)));
    const profile = profileOf(ring, { now: clock.now });
    const tokens = await Promise.all([next, old, older, es].map(mint));
    const verdicts = async (): Promise<boolean[]> =>
      Promise.all(tokens.map(async (token) => (await reasonFor(token, profile)) === "accepted"));
    expect(await verdicts()).toEqual([true, true, true, true]);
    clock.set(at(1));
    expect(await verdicts()).toEqual([true, true, false, true]);
    clock.set(at(2));
    expect(await verdicts()).toEqual([true, false, false, false]);
  });

  it("leaves a profile that accepts nothing where it was the last", async () => {
    const clock = frozenClock(NOW);
    const profile = profileOf(retireKey(old, at(1)), { now: clock.now });
    const token = await mint(old);
    expect(await reasonFor(token, profile)).toBe("accepted");
    clock.set(at(1));
    expect(await reasonFor(token, profile)).toMatch(/^invalid_token: /);
  });

  it("does so while its signature is checked in the pool", async () => {
    const token = await mint(rs);
    let time = NOW;
    const ring = keyRing(ed, retireKey(rs, at(1)));
    const profile = profileOf(ring, { now: () => time, threadPool: true });
    const verdict = reasonFor(token, profile);
    time = NOW + HOUR;
    expect(await verdict).toMatch(gone);
  });

  it("may be given another date, or be one that was never private", async () => {
    const half = await importKey(publicJwks(es).keys[0] as never);
    const profile: TokenProfile = profileOf(retireKey(retireKey(half, at(-1)), at(1)));
    expect(await reasonFor(await mint(es), profile)).toBe("accepted");
    expect(await reasonFor(await mint(es), profileOf(retireKey(half, at(-1))))).toMatch(/^invalid_token: /);
  });

  it("takes a Date of another realm", () => {
    const date = runInNewContext(`new Date(${NOW})`);
    expect(retireKey(old, date).retiresAt).toBe(NOW);
  });
});

describe("retireKey refuses", () => {
  it.each([undefined, null, "key", {}, keyRing(old), Promise.resolve(old)])("%s for a key", (key) => {
    expect(() => retireKey(key as never, at(1))).toThrow(/^retireKey takes a key made by secretKey or importKey/);
  });

  it.each([undefined, null, NOW, "2030-01-01", new Date(Number.NaN), {}, { getTime: () => NOW }])(
    "%s for a date",
    (date) => {
      expect(() => retireKey(old, date as never)).toThrow(/^retireKey takes a Date, from which on the key no longer/);
    },
  );
});
