import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import { CallCounter } from "../../src/store-calls/stats.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { houseOf, READER } from "../support/flow.ts";
import { CLAIMS, profileOf, signed } from "../support/tokens.ts";

const ignore = (): undefined => undefined;
const good = `Bearer ${signed()}`;

describe("a guard counts", () => {
  it.each([
    ["of one kind of token", (token = profileOf()) => ({ token })],
    ["of several credentials", (token = profileOf()) => ({ credentials: [bearer(token), cookieToken(token)] })],
  ])("%s: what it remembered and what it refused", async (_what, options) => {
    const guard = createGuard(options() as never);
    expect(guard.stats()).toEqual({ cache: { hits: 0, misses: 0 }, refused: 0, stores: {} });
    for (let time = 0; time < 5; time += 1) await guard.authenticate(good);
    for (const header of ["Bearer x", "Bearer", undefined]) await guard.authenticate(header).catch(ignore);
    await guard.authenticateOptional(undefined);
    // A token is remembered from its second coming on; the broken one is looked up too.
    expect(guard.stats()).toMatchObject({ cache: { hits: 3, misses: 3 }, refused: 3 });
  });

  it("how its blocklist answers", async () => {
    let answer: () => unknown = () => false;
    const blocklist = { ...memoryBlocklist(), isRevoked: () => answer() } as Blocklist;
    const guard = createGuard({ token: profileOf(), blocklist, storeTimeoutMs: 30, onOutage: ignore });
    const ask = () => guard.authenticate(good).catch(ignore);
    await ask();
    answer = () => new Promise((resolve) => setTimeout(resolve, 6, false));
    await ask();
    for (const broken of [() => "no", () => new Promise(ignore), () => Promise.reject(new Error("down"))]) {
      answer = broken;
      await ask();
    }
    const { calls, failures, totalMs, latencies } = guard.stats().stores["blocklist.isRevoked"] ?? {};
    expect([calls, failures]).toEqual([5, 3]);
    expect(totalMs).toBeGreaterThan(30);
    expect(latencies?.reduce((sum, { count }) => sum + count, 0)).toBe(5);
    expect(latencies?.at(-1)?.upToMs).toBe(Number.POSITIVE_INFINITY);
  });
});

it("a call is counted under the least bound that it keeps", () => {
  const counter = new CallCounter();
  for (const ms of [0, 1, 1.5, 2_500, 2_501]) counter.observe("users.findById", ms, ms > 2_500);
  const { failures, latencies } = counter.read()["users.findById"] ?? {};
  expect(failures).toBe(1);
  expect(latencies?.filter(({ count }) => count > 0)).toEqual([
    { upToMs: 1, count: 2 },
    { upToMs: 2, count: 1 },
    { upToMs: 2_500, count: 1 },
    { upToMs: Number.POSITIVE_INFINITY, count: 1 },
  ]);
});

describe("an authenticator counts", () => {
  it("the calls of all its stores, and how full the hasher's queue is", async () => {
    const { users } = houseOf({});
    const auth = createAuthenticator({ token: profileOf(), users, passwords: createPasswordHasher() });
    await auth.login({ ...READER, password: "wrong" }).catch(ignore);
    const { passwords, stores } = auth.stats();
    expect(passwords).toEqual({ running: 0, waiting: 0, refused: 0 });
    expect(stores["users.findCredentials"]?.calls).toBe(2);
  });

  it("how long its hasher took", async () => {
    const { users } = houseOf({});
    const wait = <T>(answer: T) => new Promise<T>((resolve) => setTimeout(resolve, 20, answer));
    const passwords = { hash: () => wait("$x$"), compare: () => wait(true), needsRehash: () => true };
    const auth = createAuthenticator({ token: profileOf(), users, passwords });
    await auth.login(READER);
    const { stores } = auth.stats();
    for (const name of ["passwords.compare", "passwords.hash"]) {
      expect(stores[name], name).toMatchObject({ calls: 1, failures: 0 });
      expect(stores[name]?.totalMs, name).toBeGreaterThan(18);
    }
  });

  it("no queue where a hasher of the application's own does not tell", () => {
    const { users } = houseOf({});
    const { hash, compare, needsRehash } = createPasswordHasher();
    const auth = createAuthenticator({ token: profileOf(), users, passwords: { hash, compare, needsRehash } });
    expect(auth.stats().passwords).toBeNull();
  });

  it("passwords that run, wait and are refused", async () => {
    const hasher = createPasswordHasher({ memoryCost: 1_024, maxConcurrent: 1, maxQueue: 1 });
    const work = [1, 2, 3].map(() => hasher.hash("a password").catch(ignore));
    expect(hasher.stats()).toEqual({ running: 1, waiting: 1, refused: 1 });
    await Promise.all(work);
    const aborted = { signal: AbortSignal.abort() };
    await hasher.hash("a password", aborted).catch(ignore);
    expect(hasher.stats()).toEqual({ running: 0, waiting: 0, refused: 2 });
  });
});

it("a profile that two credentials share is counted once", async () => {
  const token = profileOf();
  const guard = createGuard({ credentials: [bearer(token), cookieToken(token)] });
  await guard.authenticate(`Bearer ${signed({ ...CLAIMS, sub: "user-9" })}`);
  expect(guard.stats().cache).toEqual({ hits: 0, misses: 1 });
});
