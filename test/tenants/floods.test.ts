import { beforeEach, describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { TokenGuard } from "../../src/guard/guard.ts";
import { sleep } from "../../src/shared/promise.ts";
import { type FrozenClock, frozenClock } from "../../src/testing/clock.ts";

const TENANT = "https://tenant.example/";

let clock: FrozenClock;
let asked: string[];
let profile: TokenProfile | null;
/** How long the resolver takes, in milliseconds, and whether it is down. */
let takesMs: number;
let isDown: boolean;
let guard: TokenGuard;
let token: string;

beforeEach(async () => {
  clock = frozenClock();
  asked = [];
  takesMs = 100;
  isDown = false;
  const issuing = defineToken({
    keys: secretKey("k".repeat(32)),
    issuer: TENANT,
    audience: "api",
    expiresIn: "30d",
    now: clock.now,
  });
  profile = issuing;
  guard = createGuard({
    credentials: [
      bearer(
        async (issuer) => {
          asked.push(issuer);
          await sleep(takesMs);
          if (isDown) throw new Error("down");
          return issuer === TENANT ? profile : null;
        },
        { now: clock.now },
      ),
    ],
  });
  token = await issueToken({ sub: "user-1" }, issuing);
});

let made = 0;

/** Makes a token of an issuer that nobody knows. To make it costs its sender nothing. */
function makeUp(): string {
  made += 1;
  const write = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${write({ alg: "HS256", typ: "at+jwt" })}.${write({ iss: `https://made-up-${made}.example/` })}.AAAA`;
}

const answerOf = (given: string): Promise<string> =>
  guard.authenticate(`Bearer ${given}`).then(
    ({ userId }) => userId,
    (error) => (isAuthError(error) ? `${error.status} ${error.code}` : String(error)),
  );

/** Sends tokens of made-up issuers, all at once. */
const flood = (count: number): Promise<string>[] => Array.from({ length: count }, () => answerOf(makeUp()));

describe("a flood of made-up issuers", () => {
  it("a tenant that came while the resolver was busy is let in as soon as it no longer is", async () => {
    const others = flood(64);
    expect(await answerOf(token)).toBe("503 unavailable");
    expect(new Set(await Promise.all(others))).toEqual(new Set(["401 invalid_token"]));
    expect(await answerOf(token)).toBe("user-1");
  });

  it("drives out no tenant that is being asked about", async () => {
    const answer = answerOf(token);
    const others = flood(1_100);
    expect(await answerOf(token)).toBe("user-1");
    expect(await answer).toBe("user-1");
    await Promise.all(others);
    expect(await answerOf(token)).toBe("user-1");
    expect(asked.filter((it) => it === TENANT)).toHaveLength(1);
    expect(asked).toHaveLength(64);
  });

  it("takes no turn from the renewal of a tenant that is known", async () => {
    expect(await answerOf(token)).toBe("user-1");
    clock.advance("16m");
    const others = flood(64);
    expect(await answerOf(token)).toBe("user-1");
    await Promise.all(others);
    expect(asked.filter((it) => it === TENANT)).toHaveLength(2);
  });
});

describe("many tenants at once", () => {
  it("go on while only some of them can be asked about again, and each is in the end", async () => {
    const keys = secretKey("k".repeat(32));
    const profiles = Array.from({ length: 100 }, (_, at) =>
      defineToken({ keys, issuer: `https://tenant-${at}.example/`, audience: "api", expiresIn: "30d", now: clock.now }),
    );
    const tokens = await Promise.all(profiles.map((it, at) => issueToken({ sub: `user-${at}` }, it)));
    const times = new Map<string, number>();
    let atOnce = 0;
    let most = 0;
    const resolve = async (issuer: string): Promise<TokenProfile | null> => {
      times.set(issuer, (times.get(issuer) ?? 0) + 1);
      atOnce += 1;
      most = Math.max(most, atOnce);
      await sleep(5);
      atOnce -= 1;
      return profiles.find((it) => it.issuer === issuer) ?? null;
    };
    guard = createGuard({ credentials: [bearer(resolve, { now: clock.now })] });
    for (const one of tokens) expect(await answerOf(one)).toMatch(/^user-/);
    clock.advance("16m");
    for (let rounds = 0; rounds < 3; rounds += 1) {
      for (const answer of await Promise.all(tokens.map(answerOf))) expect(answer).toMatch(/^user-/);
      await sleep(20);
    }
    expect(most).toBe(64);
    expect(new Set(times.values())).toEqual(new Set([2]));
  });
});

describe("an issuer that nobody knew", () => {
  it("is an outage, and no refusal, when the resolver can't say whether that is so still", async () => {
    takesMs = 0;
    const found = profile;
    profile = null;
    expect(await answerOf(token)).toBe("401 invalid_token");
    isDown = true;
    clock.advance("1m");
    expect(await answerOf(token)).toBe("503 unavailable");
    clock.advance("10m");
    expect(await answerOf(token)).toBe("503 unavailable");
    isDown = false;
    profile = found;
    clock.advance("10m");
    expect(await answerOf(token)).toBe("user-1");
  });
});
