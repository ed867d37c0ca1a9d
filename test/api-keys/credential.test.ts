import { afterEach, describe, expect, it, vi } from "vitest";
import { createApiKeys } from "../../src/api-keys/create.ts";
import { apiKeys } from "../../src/api-keys/credential.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { memoryApiKeys } from "../../src/stores/memory/api-keys.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

const now = () => NOW;
const ignore = (): undefined => undefined;
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "ok",
    (error) => (isAuthError(error) ? error.code : error),
  );

function house(options: Parameters<typeof apiKeys>[1] = {}, store = memoryApiKeys()) {
  const blocklist = memoryBlocklist({ now });
  const keys = createApiKeys({ store, prefix: "acme_live", blocklist, now, onOutage: ignore });
  const token = profileOf(undefined, { now });
  const guard = createGuard({ credentials: [bearer(token), apiKeys(keys, options)], blocklist, onOutage: ignore });
  const create = async () => {
    const created = await keys.create({ userId: "user-1", scopes: ["read"], label: "deploys" });
    if (created === null) throw new Error("no key was created");
    return created;
  };
  const ask = (headers: Record<string, string>, ip?: string) => guard.authenticate({ headers, ...(ip && { ip }) });
  return { keys, guard, blocklist, create, ask };
}

const token = `Bearer ${signed(CLAIMS)}`;

describe("an API key", () => {
  it("beside tokens in the Authorization header is told by its prefix", async () => {
    const { create, ask, guard } = house();
    const { key, apiKey } = await create();
    const identity = await ask({ authorization: `Bearer ${key}` });
    expect(identity).toMatchObject({ userId: "user-1", scopes: ["read"], sid: null, credential: "api-key" });
    expect(identity.claims).toEqual(apiKey);
    expect(JSON.stringify(identity)).not.toContain(key);
    expect((await ask({ authorization: token })).credential).toBe("bearer");
    expect((await guard.authenticateToken(key)).credential).toBe("api-key");
    expect(await codeOf(ask({ authorization: "Bearer acme_test_x" }))).toBe("invalid_token");
    expect(await codeOf(ask({ authorization: `Bearer ${key}x` }))).toBe("invalid_token");
  });

  it("may have a header of its own, and then no token may come beside it", async () => {
    const { create, ask } = house({ header: "x-api-key" });
    const { key } = await create();
    expect((await ask({ "X-API-Key": key })).credential).toBe("api-key");
    expect(await codeOf(ask({ authorization: `Bearer ${key}` }))).toBe("invalid_token");
    expect(await codeOf(ask({ "x-api-key": key, authorization: token }))).toBe("invalid_request");
    expect(await codeOf(ask({ "x-api-key": "" }))).toBe("invalid_token");
  });

  it("is refused at once by a guard with the blocklist that it was revoked with", async () => {
    const store = memoryApiKeys();
    const { keys, blocklist, create, ask } = house({}, store);
    const other = createApiKeys({ store, prefix: "acme_live", staleness: "1h", now });
    const there = createGuard({ credentials: [apiKeys(other)], blocklist });
    const { key, apiKey } = await create();
    expect(await codeOf(there.authenticate(`Bearer ${key}`))).toBe("ok");
    await keys.revoke("user-1", apiKey.id);
    expect((await other.verify(key)).id).toBe(apiKey.id); // It is remembered there, and only the blocklist knows better.
    expect(await codeOf(there.authenticate(`Bearer ${key}`))).toBe("revoked");
    expect(await codeOf(ask({ authorization: `Bearer ${key}` }))).toBe("invalid_token");
  });

  it("is verified by whatever stands in the place of what createApiKeys made", async () => {
    const { apiKey } = await house().create();
    const verify = async () => apiKey;
    const guard = createGuard({ credentials: [apiKeys({ verify, prefix: "acme_live" })] });
    expect((await guard.authenticate("Bearer acme_live_x")).userId).toBe("user-1");
  });

  it("outlives a log-out everywhere", async () => {
    const { create, ask, blocklist } = house();
    const { key } = await create();
    await blocklist.revokeUser("user-1", new Date(NOW + 60_000), new Date(NOW + 120_000));
    expect(await codeOf(ask({ authorization: `Bearer ${key}` }))).toBe("ok");
  });

  it("is an outage where its store is down", async () => {
    const { create } = house();
    const { key } = await create();
    const down = house({}, { ...memoryApiKeys(), find: () => Promise.reject(new Error("down")) });
    expect(await codeOf(down.ask({ authorization: `Bearer ${key}` }))).toBe("unavailable");
  });
});

describe("refused keys are counted by address", () => {
  const limiterOf = (most: number) => {
    const counts = new Map<string, number>();
    const consume = async (key: string): Promise<void> => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if ((counts.get(key) ?? 0) > most) throw { msBeforeNext: 90_500 };
    };
    return { consume, counts };
  };
  const bad = { authorization: `Bearer acme_live_${"x".repeat(36)}` };

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("and too many are told to wait, while good ones are not counted", async () => {
    const { create, ask } = house({ throttle: limiterOf(2) });
    const { key } = await create();
    const codes = [];
    for (let time = 0; time < 4; time += 1) codes.push(await codeOf(ask(bad, "192.0.2.1")));
    expect(codes).toEqual(["invalid_token", "invalid_token", "too_many_attempts", "too_many_attempts"]);
    const refused = await ask(bad, "192.0.2.1").catch((error) => error);
    expect(refused.headers["Retry-After"]).toBe("91");
    expect(await codeOf(ask(bad, "192.0.2.2"))).toBe("invalid_token");
    expect(await codeOf(ask({ authorization: `Bearer ${key}` }, "192.0.2.1"))).toBe("ok");
  });

  it("but not where nobody says the address, which the process is warned of", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(ignore);
    const throttle = limiterOf(0);
    const { ask } = house({ throttle });
    for (let time = 0; time < 2; time += 1) expect(await codeOf(ask(bad))).toBe("invalid_token");
    expect(throttle.counts.size).toBe(0);
    expect(emitWarning.mock.calls).toEqual([[expect.stringContaining("give the guard its ip")]]);
  });

  it.each<readonly [unknown]>([
    [new Error("down")],
    [{ msBeforeNext: "soon" }],
    [{ msBeforeNext: Number.NaN }],
    [null],
  ])("and a limiter that rejects with %o is an outage", async (rejection) => {
    const { ask } = house({ throttle: { consume: () => Promise.reject(rejection) } });
    expect(await codeOf(ask(bad, "192.0.2.1"))).toBe("unavailable");
  });

  it("never while the store is down", async () => {
    const throttle = limiterOf(0);
    const { create } = house();
    const { key } = await create();
    const store = { ...memoryApiKeys(), find: () => Promise.reject(new Error("down")) };
    const { ask } = house({ throttle }, store);
    expect(await codeOf(ask({ authorization: `Bearer ${key}` }, "192.0.2.1"))).toBe("unavailable");
    expect(throttle.counts.size).toBe(0);
  });
});

it.each<readonly [unknown, unknown, RegExp]>([
  [{}, {}, /must be an object with the methods verify/],
  [null, {}, /must be an object with the methods verify/],
  [{ verify() {}, prefix: "a" }, { head: "x" }, /there is no option "head"/],
  [{ verify() {}, prefix: "a" }, { header: "X-API-Key" }, /header must be the name of a header in lower case/],
  [{ verify() {}, prefix: "a" }, { header: 7 }, /header must be the name of a header in lower case/],
  [{ verify() {}, prefix: "a" }, { throttle: {} }, /throttle must be an object with the methods consume/],
])("refuses %o with %o when it is made", (keys, options, message) => {
  expect(() => apiKeys(keys as never, options as never)).toThrow(message);
});
