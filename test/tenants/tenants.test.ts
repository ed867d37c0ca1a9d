import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { TokenGuard } from "../../src/guard/guard.ts";
import type { ProfileResolver } from "../../src/guard/tenants.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import { sleep } from "../../src/shared/promise.ts";
import { type FrozenClock, frozenClock } from "../../src/testing/clock.ts";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import type { FakeIssuer } from "../../src/testing/issuer/issuer.ts";
import { CLAIMS, encode, HEADER, NOW, SECRET, signed } from "../support/tokens.ts";

const issuers: FakeIssuer[] = [];
let clock: FrozenClock;
let asked: string[];
let resolve: ProfileResolver;
let guard: TokenGuard;

beforeEach(async () => {
  clock = frozenClock();
  asked = [];
  if (issuers.length === 0) {
    issuers.push(await createFakeIssuer({ audience: "api" }), await createFakeIssuer({ audience: "api" }));
  }
  const known = new Map<string, TokenProfile>(issuers.map(({ issuer }) => [issuer, trust(issuer)]));
  resolve = (issuer) => known.get(issuer) ?? null;
  guard = createGuard({
    credentials: [
      bearer(
        (issuer) => {
          asked.push(issuer);
          return resolve(issuer);
        },
        { now: clock.now },
      ),
    ],
  });
});
afterEach(() => Promise.all(issuers.map((it) => it.behave("well"))));
afterAll(() => Promise.all(issuers.map((it) => it.close())));

const trust = (issuer: string): TokenProfile => trustIssuer(issuer, { audience: "api" });
const [one, other] = [() => issuers[0] as FakeIssuer, () => issuers[1] as FakeIssuer];
const answerBy = (by: TokenGuard, token: string): Promise<string> =>
  by.authenticate(`Bearer ${token}`).then(
    ({ userId }) => userId,
    (error) => (isAuthError(error) ? `${error.status} ${error.code}` : String(error)),
  );
const answerOf = (token: string): Promise<string> => answerBy(guard, token);
const named = async (iss: unknown): Promise<string> => one().mint({ sub: "user-1", iss });
/** A token that is refused, or waits, before its signature is looked at. */
const madeUp = (iss: string): string => `${encode(HEADER)}.${encode({ ...CLAIMS, iss })}.AAAA`;

/** Asks about 200 issuers at once where the resolver hangs. It begins before the tests, which go on while it waits. */
async function askHanging(): Promise<{ answers: string[]; calls: number; tookMs: number }> {
  let calls = 0;
  const hang: ProfileResolver = () => {
    calls += 1;
    return new Promise(() => {});
  };
  const own = createGuard({ credentials: [bearer(hang)] });
  const tokens = Array.from({ length: 200 }, (_, at) => madeUp(`https://slow-${at}.example/`));
  const startedAt = performance.now();
  const answers = await Promise.all(tokens.map((token) => answerBy(own, token)));
  return { answers, calls, tookMs: performance.now() - startedAt };
}
const hanging = askHanging();

describe("a resolver of tenants", () => {
  it("finds each issuer's profile, and is asked once for each", async () => {
    const tokens = [await one().mint({ sub: "user-1" }), await other().mint({ sub: "user-2" })];
    const answers = await Promise.all(Array.from({ length: 50 }, () => tokens.map(answerOf)).flat());
    expect(new Set(answers)).toEqual(new Set(["user-1", "user-2"]));
    expect(asked.sort()).toEqual(issuers.map(({ issuer }) => issuer).sort());
    expect(await answerOf(tokens[0] as string)).toBe("user-1");
  });

  it("a key of one issuer never verifies a token of another", async () => {
    expect(await answerOf(await one().mint({ sub: "user-1", iss: other().issuer }))).toBe("401 invalid_token");
  });

  it.each([
    ["http", "http://tenant.example/"],
    ["no URL", "tenant"],
    ["a long one", `https://tenant.example/${"a".repeat(490)}`],
    ["a script", "javascript:alert(1)"],
    ["a number", 7],
    ["none", undefined],
    ["a list", ["https://tenant.example/"]],
  ])("is never asked about an issuer that is %s", async (_what, iss) => {
    expect(await answerOf(await named(iss))).toBe("401 invalid_token");
    expect(asked).toEqual([]);
  });

  it("is not asked about what is no token", async () => {
    for (const token of ["a", "a.b", "a.b.c", `a.${"b".repeat(70_000)}.c`, "a.bnVsbA.c"]) {
      expect(await answerOf(token)).toBe("401 invalid_token");
    }
    expect(asked).toEqual([]);
  });

  it("an unknown issuer is 401, remembered for half a minute, and drives out none that is known", async () => {
    const good = await one().mint({ sub: "user-1" });
    expect(await answerOf(good)).toBe("user-1");
    const token = await named("https://unknown.example/");
    for (let times = 0; times < 5; times += 1) expect(await answerOf(token)).toBe("401 invalid_token");
    expect(asked).toHaveLength(2);
    clock.advance(34);
    expect(await answerOf(token)).toBe("401 invalid_token");
    expect(asked).toHaveLength(3);
    for (let at = 0; at < 1_100; at += 1) await answerOf(madeUp(`https://made-up-${at}.example/`));
    const before = asked.length;
    expect(await answerOf(good)).toBe("user-1");
    expect(asked).toHaveLength(before);
    expect(await answerOf(token)).toBe("401 invalid_token");
    expect(asked).toHaveLength(before + 1);
  });

  it("a tenant that has gone is refused once it is asked again, and one that came is let in", async () => {
    const good = await one().mint({ sub: "user-1" });
    expect(await answerOf(good)).toBe("user-1");
    const found = resolve;
    resolve = () => null;
    clock.advance("16m");
    expect(await answerOf(good)).toBe("401 invalid_token");
    resolve = found;
    clock.advance("1m");
    expect(await answerOf(good)).toBe("user-1");
  });

  it.each<[string, ProfileResolver]>([
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("down"))],
    ["answers nothing", () => undefined as never],
    ["answers with no profile", () => ({}) as never],
    ["answers with a profile of another issuer", () => trust(other().issuer)],
    ["answers with a wrong reading", (iss) => trustIssuer(iss, { audience: "api", identity: { user: 1 } as never })],
    ["answers with a wrong status", (iss) => trustIssuer(iss, { audience: "api", status: {} as never })],
  ])("one that %s is an outage, and tried again after half a minute", async (_what, lie) => {
    const found = resolve;
    resolve = lie;
    const token = await one().mint({ sub: "user-1" });
    expect(await answerOf(token)).toBe("503 unavailable");
    expect(await answerOf(token)).toBe("503 unavailable");
    expect(asked).toHaveLength(1);
    resolve = found;
    clock.advance(30);
    expect(await answerOf(token)).toBe("user-1");
  });

  it("one that is down later lets a known tenant go on", async () => {
    const token = await one().mint({ sub: "user-1" });
    expect(await answerOf(token)).toBe("user-1");
    resolve = () => {
      throw new Error("down");
    };
    clock.advance("20m");
    expect(await answerOf(token)).toBe("user-1");
    clock.advance("2h");
    expect(await answerOf(token)).toBe("503 unavailable");
  });

  it("at most a thousand known tenants are remembered", async () => {
    const keys = secretKey(SECRET);
    resolve = (issuer) => defineToken({ keys, issuer, audience: "api", now: () => NOW });
    const tokens = Array.from({ length: 1_001 }, (_, at) =>
      signed({ ...CLAIMS, aud: "api", iss: `https://tenant-${at}.example/` }),
    );
    for (const token of tokens) expect(await answerOf(token)).toBe("user-1");
    expect(asked).toHaveLength(1_001);
    await answerOf(tokens[1_000] as string);
    expect(asked).toHaveLength(1_001);
    await answerOf(tokens[0] as string);
    expect(asked).toHaveLength(1_002);
  });

  it("what it names for a moment is not what another call finds", async () => {
    resolve = async (issuer) => {
      await sleep(5);
      return trust(issuer);
    };
    const token = await one().mint({ sub: "user-1" });
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => answerOf(token))))).toEqual(new Set(["user-1"]));
    expect(asked).toHaveLength(1);
  });

  it("and its options are checked when it is made", () => {
    expect(() => bearer(resolve, { now: 7 as never })).toThrow("now must be a function");
    expect(() => bearer(resolve, { cache: 7 } as never)).toThrow('there is no option "cache"');
    expect(() => bearer(null as never)).toThrow("bearer takes a profile");
  });
});

it("a resolver that hangs is an outage in bounded time, about 64 issuers at once", async () => {
  const { answers, calls, tookMs } = await hanging;
  expect(new Set(answers)).toEqual(new Set(["503 unavailable"]));
  expect(tookMs).toBeLessThan(5_000);
  expect(calls).toBe(64);
});
