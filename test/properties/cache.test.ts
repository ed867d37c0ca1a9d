import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import type { TokenOptions } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { memoryBlocklist } from "../../src/stores/memory.ts";
import { runs } from "../support/thorough.ts";
import { CLAIMS, encode, HEADER, NOW, profileOf, SECOND, SECRET, signed } from "../support/tokens.ts";

/** What comes of a call, as a value: what it gives, or what is told of it to the client and to the developer. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return [error.code, error.headers, (error.cause as Error | undefined)?.message];
  }
}

const TIMES = { sub: "user-1", iat: SECOND, exp: SECOND + 60 };
const TOKENS = [
  signed(TIMES),
  signed({ ...TIMES, sub: "user-2", nbf: SECOND + 20 }),
  signed({ ...TIMES, sub: "user-2", iat: SECOND + 10.5, exp: SECOND + 40.5, sid: "s1" }),
  signed({ ...TIMES, sub: "user-3", exp: SECOND + 1e9, nested: { list: [{ deep: true }] } }),
  signed({ ...TIMES, jti: "01941f29-7c00-7000-8000-000000000000", sid: "s2" }),
  signed({ ...TIMES, sub: "" }),
  signed(TIMES, HEADER, "another secret of thirty-two bytes, or more"),
  `${signed(TIMES)}=`,
  signed(TIMES).replace(/.$/, (last) => (last === "A" ? "E" : "A")),
  "no token",
];

const anyToken = fc.constantFrom(...TOKENS);
const anyInstant = fc.oneof(
  fc.integer({ min: -90, max: 90 }).map((seconds) => NOW + seconds * 1_000),
  fc.constantFrom(0, 10_499, 10_500, 20_000, 40_499, 40_500, 59_999, 60_000, 60_001).map((later) => NOW + later),
);
const anyProfile = fc.record(
  {
    maxAge: fc.constantFrom(1, 15, 30),
    clockTolerance: fc.constantFrom(0, 1, 30),
    cacheSize: fc.constantFrom(2, 3, 2_000),
  },
  { requiredKeys: ["cacheSize"] },
);

it("a cached answer is the uncached one, at every instant, in any order of instants", async () => {
  const visit = fc.record({ token: anyToken, at: anyInstant, times: fc.integer({ min: 1, max: 4 }) });
  await fc.assert(
    fc.asyncProperty(anyProfile, fc.array(visit, { minLength: 1, maxLength: 30 }), async (options, visits) => {
      let at = NOW;
      const now = (): number => at;
      const cached = profileOf(undefined, { ...options, now } as Partial<TokenOptions>);
      const uncached = profileOf(undefined, { ...options, now, cacheSize: 0 } as Partial<TokenOptions>);
      for (const { token, at: instant, times } of visits) {
        at = instant;
        const expected = await outcome(() => verifyToken(token, uncached));
        for (let time = 0; time < times; time += 1) {
          expect(await outcome(() => verifyToken(token, cached))).toEqual(expected);
        }
      }
    }),
    { numRuns: runs(100, 300) },
  );
});

it("a revocation counts from the same moment on, whatever was cached", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("visit" as const), token: anyToken, at: anyInstant }),
    fc.record({ kind: fc.constant("token" as const), id: fc.constant("01941f29-7c00-7000-8000-000000000000") }),
    fc.record({ kind: fc.constant("session" as const), id: fc.constantFrom("s1", "s2") }),
    fc.record({ kind: fc.constant("user" as const), id: fc.constantFrom("user-1", "user-2"), at: anyInstant }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      let at = NOW;
      const now = (): number => at;
      const blocklist = memoryBlocklist({ now: () => NOW });
      const end = new Date(NOW + 1e12);
      const guards: Guard[] = [2_000, 0].map((cacheSize) =>
        createGuard({ token: profileOf(undefined, { cacheSize, now }), blocklist }),
      );
      for (const it of steps) {
        if (it.kind === "token") blocklist.revokeToken(it.id, end);
        else if (it.kind === "session") blocklist.revokeSession(it.id, end);
        else if (it.kind === "user") blocklist.revokeUser(it.id, new Date(it.at), end);
        else {
          at = it.at;
          const [cached, uncached] = guards.map((guard) => () => guard.authenticate(`Bearer ${it.token}`));
          const expected = await outcome(uncached as () => Promise<unknown>);
          for (let time = 0; time < 3; time += 1) {
            expect(await outcome(cached as () => Promise<unknown>)).toEqual(expected);
          }
        }
      }
    }),
    { numRuns: runs(70, 200) },
  );
});

it("a cached token is refused from the moment that it is revoked", async () => {
  const blocklist = memoryBlocklist({ now: () => NOW });
  const guard = createGuard({ token: profileOf(), blocklist });
  const header = `Bearer ${signed({ ...TIMES, jti: "t1" })}`;
  for (let time = 0; time < 3; time += 1) expect((await guard.authenticate(header)).userId).toBe("user-1");
  blocklist.revokeToken("t1", new Date(NOW + 60_000));
  await expect(guard.authenticate(header)).rejects.toMatchObject({ code: "revoked" });
});

describe("a key that was removed", async () => {
  const leaving = await importKey(await generateKey("ES256"));
  const staying = secretKey(SECRET);

  it("verifies nothing from then on, whatever was cached with it", async () => {
    const before = profileOf(keyRing(staying, leaving));
    const token = await issueToken({ sub: "user-1" }, profileOf(leaving));
    for (let time = 0; time < 3; time += 1) await verifyToken(token, before);
    const after = profileOf(staying);
    await expect(verifyToken(token, after)).rejects.toMatchObject({ code: "invalid_token" });
  });

  it("can only be removed by another profile, since a ring can't be changed", () => {
    const ring = keyRing(staying, leaving);
    expect(Object.isFrozen(ring) && Object.isFrozen(ring.keys)).toBe(true);
  });
});

describe("what is handed out", () => {
  const token = signed({ ...CLAIMS, nested: { list: [{ deep: true }] }, ["__proto__"]: { x: [1] } });

  it.each([0, 2_000])("is frozen all the way down, with a cache for %i", async (cacheSize) => {
    const profile = profileOf(undefined, { cacheSize });
    for (let time = 0; time < 3; time += 1) {
      const claims = await verifyToken(token, profile);
      const { nested } = claims as { nested?: { list: { deep: boolean }[] } };
      for (const part of [claims, claims.nested, nested?.list, nested?.list[0]])
        expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("is frozen also where it is nested deeper than calls can be", async () => {
    const depth = 100_000;
    const payload = encode(`{"iat":${SECOND},"exp":${SECOND + 9},"x":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    const profile = profileOf(undefined, { maxBytes: 1_048_576 });
    let part: unknown = (await verifyToken(signed(Buffer.from(payload, "base64url").toString()), profile)).x;
    for (let level = 1; level < depth; level += 1) {
      if (!Object.isFrozen(part)) throw new Error(`not frozen at level ${level}`);
      part = (part as unknown[])[0];
    }
    expect(part).toEqual([]);
  });

  it("is made anew by a schema each time", async () => {
    let made = 0;
    const validate = (value: unknown) => {
      made += 1;
      return { value: { ...(value as object), count: made } };
    };
    const claims = { "~standard": { version: 1, vendor: "test", validate } } as const;
    const profile = profileOf(undefined, { schema: claims } as object);
    for (const count of [1, 2, 3, 4]) expect(await verifyToken(token, profile)).toMatchObject({ count });
  });
});
