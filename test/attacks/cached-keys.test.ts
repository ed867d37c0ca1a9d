import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { SigningKey, VerifyingKey } from "../../src/core/keys/key.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { retireKey } from "../../src/core/keys/retire.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { rotatingKeys } from "../../src/remote/rotating-keys.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import { frozenClock } from "../../src/testing/clock.ts";
import { runs } from "../support/thorough.ts";

const ISSUER = "https://issuer.example/";
const RULES = { issuer: ISSUER, audience: "api", expiresIn: "30d" } as const;

const withoutKid = async (): Promise<SigningKey> =>
  (await importKey({ ...(await generateKey("ES256")), kid: undefined } as never)) as SigningKey;

const answerOf = (token: string, profile: TokenProfile): Promise<string> =>
  verifyToken(token, profile).then(
    ({ sub }) => String(sub),
    (error) => (isAuthError(error) ? error.code : String(error)),
  );

describe("what is remembered of a token equals what its keys say", () => {
  it("whatever keys come, go and retire, and whichever way the clock is set", async () => {
    const now = frozenClock().now();
    const pair = await generateKey("ES256");
    const { kid: _kid, ...nameless } = pair;
    const named = async (kid: string) => (await importKey({ ...(await generateKey("ES256")), kid })) as SigningKey;
    const unnamed = (await importKey(nameless as never)) as SigningKey;
    const sameNamed = (await importKey({ ...pair, kid: "a" })) as SigningKey;
    const all: VerifyingKey[] = [await named("a"), await named("b"), unnamed, await withoutKid(), sameNamed];
    const signers = [...all.slice(0, 4), (await importKey({ ...pair, kid: "b" })) as SigningKey] as SigningKey[];
    const tokens = await Promise.all(
      signers.map((key) => issueToken({ sub: String(key.kid) }, defineToken({ ...RULES, keys: key, now: () => now }))),
    );
    const keys = fc.record({
      picked: fc.uniqueArray(fc.nat(all.length - 1), { minLength: 1, maxLength: 4 }),
      retired: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    });
    const step = fc.oneof(
      keys.map((it) => ({ keys: it })),
      fc.constantFrom(-86_400_000, -1, 0, 1, 999, 60_000, 86_400_000).map((by) => ({ by })),
    );
    await fc.assert(
      fc.asyncProperty(keys, fc.array(step, { maxLength: 8 }), async (first, steps) => {
        let time = now;
        let ring = keyRing(signers[0] as SigningKey);
        const choose = ({ picked, retired }: { picked: number[]; retired: boolean[] }): void => {
          const chosen = picked.map((it, at) => {
            const key = all[it] as VerifyingKey;
            return retired[at] ? retireKey(key, new Date(now + 60_000)) : key;
          });
          try {
            ring = keyRing(...(chosen as [VerifyingKey]));
          } catch {
            // Two of one name.
          }
        };
        choose(first);
        const clock = () => time;
        const live = rotatingKeys({ load: () => ring, every: "30s", now: clock });
        await live.ready();
        const cached = defineToken({ ...RULES, keys: live, now: clock });
        const uncached = defineToken({ ...RULES, keys: live, now: clock, cacheSize: 0 });
        const compare = async (): Promise<void> => {
          for (const token of tokens) {
            for (let times = 0; times < 3; times += 1) {
              expect(await answerOf(token, cached)).toBe(await answerOf(token, uncached));
            }
          }
        };
        await compare();
        for (const step of steps) {
          if ("by" in step) time = Math.max(now, time + step.by);
          else {
            choose(step.keys);
            await live.reload();
          }
          await compare();
        }
      }),
      { numRuns: runs(20, 60) },
    );
  });

  it("a key that comes with the token's kid takes the place of one without", async () => {
    const clock = frozenClock();
    const { kid: _kid, ...nameless } = await generateKey("ES256");
    const [own] = publicJwks(await importKey(nameless as never)).keys;
    const { kid: _thumbprint, ...published } = own as { kid: string; kty: string };
    const other = { ...publicJwks(await importKey(await generateKey("ES256"))).keys[0], kid: "a", kty: "EC" };
    let keys: { kty: string }[] = [published];
    const source = remoteKeys(async () => ({ keys }), { now: clock.now });
    const given = { audience: "api", keys: source, now: clock.now };
    const [cached, uncached] = [trustIssuer(ISSUER, given), trustIssuer(ISSUER, { ...given, cacheSize: 0 })];
    const signer = (await importKey(nameless as never, { kid: "a" })) as SigningKey;
    const token = await issueToken({ sub: "user-1" }, defineToken({ ...RULES, keys: signer, now: clock.now }));
    for (let times = 0; times < 3; times += 1) expect(await answerOf(token, cached)).toBe("user-1");
    keys = [published, other];
    await source.reload();
    expect(await answerOf(token, uncached)).toBe("invalid_token");
    expect(await answerOf(token, cached)).toBe("invalid_token");
  });
});
