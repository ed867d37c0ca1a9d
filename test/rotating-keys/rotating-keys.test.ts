import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { SigningKey, VerifyingKey } from "../../src/core/keys/key.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { retireKey } from "../../src/core/keys/retire.ts";
import { type KeyRing, keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import type { TokenOptions, TokenProfile } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import type { AuthEvent } from "../../src/events/event.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { LoadedKeys } from "../../src/remote/fresh-keys.ts";
import { type RotatingKeysOptions, rotatingKeys } from "../../src/remote/rotating-keys.ts";
import { type FrozenClock, frozenClock } from "../../src/testing/clock.ts";
import { bundleFixture } from "../support/fixture.ts";
import { keyFor } from "../support/keys.ts";
import { runs } from "../support/thorough.ts";
import { profileOf, reasonFor } from "../support/tokens.ts";

const [esJwk, edJwk, rsJwk] = await Promise.all([generateKey("ES256"), generateKey("Ed25519"), keyFor("RS256")]);
const PAIRS = { es: esJwk, ed: edJwk, rs: rsJwk };
/** Makes keys anew, as whoever loads them does. */
const pairOf = async (name: keyof typeof PAIRS): Promise<SigningKey> =>
  (await importKey(PAIRS[name], { kid: name })) as SigningKey;
const secretOf = (name: string): SigningKey => secretKey(name.repeat(32).slice(0, 32), { kid: name });
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Bench {
  readonly keys: LoadedKeys;
  readonly clock: FrozenClock;
  readonly events: AuthEvent[];
  /** How often they were loaded. */
  readonly loads: () => number;
  /** What they are loaded as from now on. */
  give(load: RotatingKeysOptions["load"]): void;
  profile(options?: Partial<TokenOptions>): TokenProfile<undefined>;
}

function bench(load: RotatingKeysOptions["load"], options: Partial<RotatingKeysOptions> = {}): Bench {
  const clock = frozenClock();
  const events: AuthEvent[] = [];
  let given = load;
  let count = 0;
  const keys = rotatingKeys({
    load: () => {
      count += 1;
      return given();
    },
    onEvent: (event) => void events.push(event),
    now: clock.now,
    ...options,
  });
  return {
    ...{ keys, clock, events, loads: () => count },
    give: (next) => {
      given = next;
    },
    profile: (profile = {}) => profileOf(keys as unknown as KeyRing, { now: clock.now, expiresIn: "7d", ...profile }),
  };
}

const mint = (profile: TokenProfile<undefined>): Promise<string> => issueToken({ sub: "user-1" }, profile);
const kidOf = (token: string): unknown => decodeToken(token).header.kid;
const typesOf = (events: readonly AuthEvent[]): string[] =>
  events.map((event) => ("kid" in event ? `${event.type} ${event.kid}` : event.type));

describe.each([
  ["key pairs", (name: "es" | "ed" | "rs") => pairOf(name), ["es", "ed", "rs"]],
  ["secrets", async (name: string) => secretOf(name), ["es", "ed", "rs"]],
] as const)("a rotation of %s", (_, make, [first, second, third]) => {
  it("refuses nobody: add, wait, switch, wait, remove", async () => {
    const { keys, clock, give, profile } = bench(async () => keyRing(await make(first)));
    // Two services: each has a profile of its own, over keys of its own that are loaded from the same place.
    const [one, other] = [profile(), profile({ cacheSize: 0 })];
    const live: string[] = [];
    const allHold = async (): Promise<void> => {
      for (const token of live) {
        expect(await reasonFor(token, one)).toBe("accepted");
        expect(await reasonFor(token, other)).toBe("accepted");
      }
    };
    const step = async (ring: () => Promise<KeyRing>, kid: string): Promise<void> => {
      give(ring);
      clock.advance("20m");
      await allHold(); // and the background does the rest
      await wait(20);
      live.push(await mint(one));
      expect(kidOf(live.at(-1) as string)).toBe(kid);
      await allHold();
    };
    live.push(await mint(one));
    await allHold();
    await step(async () => keyRing(await make(first), await make(second)), first); // add
    await step(async () => keyRing(await make(second), await make(first)), second); // switch
    expect(keys.stats().kids).toEqual([second, first]);

    give(async () => keyRing(await make(second))); // remove
    await keys.reload();
    for (const token of live) {
      const isOld = kidOf(token) === first;
      for (const service of [one, other]) {
        const reason = await reasonFor(token, service);
        if (isOld) expect(reason).toMatch(/^invalid_token: (?:kid|alg) is /);
        else expect(reason).toBe("accepted");
      }
    }
    expect(keys.stats().kids).toEqual([second]);
  });

  it("may add, switch and give a date at once, where one service has the keys", async () => {
    const { keys, clock, give, profile } = bench(async () => keyRing(await make(first)));
    const token = await mint(profile());
    const date = new Date(clock.now() + 3_600_000);
    give(async () => keyRing(await make(third), retireKey(await make(first), date)));
    await keys.reload();
    expect(kidOf(await mint(profile()))).toBe(third);
    const remembering = profile();
    expect(await reasonFor(token, remembering)).toBe("accepted");
    clock.advance("59m");
    expect(await reasonFor(token, remembering)).toBe("accepted");
    expect(keys.stats().kids).toEqual([third, first]);
    clock.advance("1m");
    expect(await reasonFor(token, remembering)).toMatch(/^invalid_token: (?:kid|alg) is /);
    expect(keys.stats().kids).toEqual([third]);
  });

  it("keeps what is remembered of keys that stay, however often they are made anew", async () => {
    const { keys, events, give, profile } = bench(async () => keyRing(await make(first), await make(second)));
    const token = profile();
    const guard = createGuard({ token });
    const text = await mint(token);
    const ask = async (): Promise<number> => {
      await guard.authenticateToken(text);
      return guard.stats().cache.hits;
    };
    await ask();
    const before = await ask();
    await keys.reload();
    give(async () => keyRing(await make(third), await make(first), await make(second)));
    await keys.reload();
    expect(await ask()).toBe(before + 1);
    expect(typesOf(events)).toEqual([
      "keys_fetched",
      ...[`key_added ${first}`, `key_added ${second}`],
      "keys_fetched",
      "keys_fetched",
      `key_added ${third}`,
    ]);
    give(async () => keyRing(await make(third)));
    await keys.reload();
    expect(typesOf(events.slice(-2))).toEqual([`key_gone ${first}`, `key_gone ${second}`]);
    await expect(ask()).rejects.toMatchObject({ code: "invalid_token" });
  });
});

describe("keys that change under what is going on", () => {
  it("leave every token that is issued meanwhile good, or refused for its key alone", async () => {
    const { keys, give, profile } = bench(() => pairOf("rs")); // whose signatures come from the pool
    const token = profile();
    await keys.ready();
    const issued: Promise<string>[] = [];
    const kinds = ["ed", "es", "rs"] as const;
    for (let round = 0; round < 12; round += 1) {
      give(async () => keyRing(await pairOf(kinds[round % 3] as "es"), await pairOf(kinds[(round + 1) % 3] as "es")));
      const reload = keys.reload();
      for (let at = 0; at < 5; at += 1) issued.push(mint(token));
      await reload;
      for (let at = 0; at < 5; at += 1) issued.push(mint(token));
    }
    give(async () => keyRing(await pairOf("es"), await pairOf("ed"), await pairOf("rs")));
    await keys.reload();
    for (const text of await Promise.all(issued)) {
      const { alg, kid } = decodeToken(text).header;
      expect(alg).toBe({ es: "ES256", ed: "Ed25519", rs: "RS256" }[kid as "es"]); // never the header of another key
      expect(await reasonFor(text, token)).toBe("accepted");
    }
  });

  it("replace a secret that has the name of the one before", async () => {
    const { keys, give, profile } = bench(() => secretKey("a".repeat(32), { kid: "same" }));
    const token = profile();
    const text = await mint(token);
    expect(await reasonFor(text, token)).toBe("accepted");
    give(() => secretKey("b".repeat(32), { kid: "same" }));
    await keys.reload();
    expect(await reasonFor(text, token)).toMatch(/the signature does not hold/);
  });

  it("are not published by publicJwks, and neither are given by load", async () => {
    const others = rotatingKeys({ load: async () => secretKey("thirty-two bytes of a secret, at the least") });
    const why = /^keys must be made by .* importJwks \(await it\), and not be those that change$/;
    expect(() => publicJwks(others as never)).toThrow(why);
    const loading = rotatingKeys({ load: async () => others as never });
    await expect(loading.ready()).rejects.toMatchObject({
      status: 503,
      cause: { message: expect.stringMatching(why) },
    });
  });

  it("only verify where the first of them is a public one", async () => {
    const { keys, give, profile } = bench(() => pairOf("es"));
    const text = await mint(profile());
    give(async () => retireKey(await pairOf("es"), new Date("2099-01-01")));
    await keys.reload();
    expect(await reasonFor(text, profile())).toBe("accepted");
    await expect(mint(profile())).rejects.toThrow(/the profile's first key only verifies/);
  });
});

describe("when keys are loaded", () => {
  it("is when they are needed, once for all who need them", async () => {
    const { keys, loads, profile } = bench(async () => {
      await wait(20);
      return pairOf("es");
    });
    expect(keys.stats()).toEqual({ ageMs: null, loads: 0, failures: 0, nextTryAt: null, kids: [] });
    await Promise.all([keys.ready(), keys.ready(), mint(profile()), mint(profile())]);
    expect([loads(), keys.stats().kids]).toEqual([1, ["es"]]);
  });

  it("is again after a while, in the background, by the clock that was given", async () => {
    const { clock, loads, give, profile } = bench(() => secretOf("a"), { every: "1h" });
    const token = profile();
    const text = await mint(token);
    clock.advance("59m");
    expect([await reasonFor(text, token), loads()]).toEqual(["accepted", 1]);
    give(async () => {
      await wait(30);
      return keyRing(secretOf("b"), secretOf("a"));
    });
    clock.advance("10m");
    expect([kidOf(await mint(token)), loads()]).toEqual(["a", 2]); // nobody waits for the new ones
    await wait(60);
    expect([kidOf(await mint(token)), loads()]).toEqual(["b", 2]);
  });

  it("is for a token whose kid is unknown, every half minute at the most", async () => {
    const { clock, loads, give, profile } = bench(() => secretOf("a"));
    const text = await issueToken({ sub: "user-1" }, profileOf(secretOf("b")));
    const token = profile();
    expect(await reasonFor(text, token)).toMatch(/kid is "b", expected "a"/);
    give(() => keyRing(secretOf("a"), secretOf("b")));
    for (let at = 0; at < runs(200, 1_000); at += 1) {
      const forged = await issueToken({}, profileOf(secretOf(`x${at}`)));
      expect(await reasonFor(forged, token)).toMatch(/^invalid_token: kid is /);
    }
    expect(loads()).toBe(1);
    clock.advance("30s");
    expect([await reasonFor(text, token), loads()]).toEqual(["accepted", 2]);
    const none = await issueToken({}, profileOf(await pairOf("es")));
    expect(await reasonFor(none, token)).toMatch(/^invalid_token: alg is /);
  });

  it("is at once for reload, also after one that was under way", async () => {
    const { keys, loads, give } = bench(async () => {
      await wait(30);
      return secretOf("a");
    });
    const ready = keys.ready();
    await wait(5);
    give(() => secretOf("b"));
    await Promise.all([keys.reload(), ready]);
    expect([keys.stats().kids, loads()]).toEqual([["b"], 2]);
  });

  it("keeps no process alive", async () => {
    const program = await bundleFixture(join(import.meta.dirname, "ending.ts"));
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 });
    expect(stdout).toBe("done\n");
  });
});

describe("keys that can't be loaded", () => {
  const failures: [string, () => unknown, string][] = [
    ["rejects", () => Promise.reject(new Error("vault is sealed: token hvs.secret")), "Error"],
    ["rejects with nothing", () => Promise.reject(undefined), "undefined"],
    [
      "throws",
      () => {
        throw new RangeError("no file");
      },
      "RangeError",
    ],
    ["hangs", () => new Promise(() => undefined), "Error"],
    ["answers nothing", () => undefined, "TypeError"],
    ["answers null", async () => null, "TypeError"],
    ["answers text", async () => "a secret of thirty-two bytes, or more", "TypeError"],
    ["answers a JWK", async () => esJwk, "TypeError"],
    ["answers a list of keys", async () => [secretOf("a")], "TypeError"],
    ["answers an empty object", async () => ({}), "TypeError"],
    ["answers keys that are loaded themselves", async () => rotatingKeys({ load: () => secretOf("a") }), "TypeError"],
    [
      "answers what can't be read",
      async () =>
        new Proxy(
          {},
          {
            get(_, name) {
              if (name === "then") return undefined;
              throw new Error("trap");
            },
          },
        ),
      "TypeError",
    ],
  ];

  it.each(failures)("are an outage at the start, where load %s", async (_, load) => {
    const { keys, profile, events, clock } = bench(load as never, { timeoutMs: 50 });
    const startedAt = performance.now();
    const text = await issueToken({ sub: "user-1" }, profileOf(secretOf("a")));
    for (const attempt of [keys.ready(), mint(profile()), createGuard({ token: profile() }).authenticateToken(text)]) {
      const error = await attempt.catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "unavailable", status: 503, headers: { "Retry-After": "30" } });
      expect(JSON.stringify([error.message, error.headers])).not.toMatch(/hvs|sealed/);
    }
    await expect(keys.reload()).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(keys.stats()).toMatchObject({ failures: 2, loads: 2, ageMs: null, kids: [] });
    expect(typesOf(events)).toEqual(["keys_failed", "keys_failed"]);
    expect(JSON.stringify(events)).not.toMatch(/hvs|sealed|secret of/);
    expect(events[0]).toMatchObject({ source: "rotatingKeys", nextTryAt: clock.now() + 30_000 });
  });

  it.concurrent.each(failures)("go on as they were for a day, where load %s", async (_, load) => {
    const { keys, clock, events, give, profile } = bench(() => secretOf("a"), { timeoutMs: 50 });
    const token = profile();
    const text = await mint(token);
    give(load as never);
    clock.advance("20m");
    // From half of its time on nobody is sure of it, and one waits for the new ones.
    expect(await reasonFor(text, token)).toBe("accepted");
    await wait(70);
    clock.advance("23h");
    expect(await reasonFor(text, token)).toBe("accepted");
    await wait(70);
    expect(await reasonFor(await mint(token), token)).toBe("accepted");
    expect(typesOf(events).filter((type) => type === "keys_stale")).toHaveLength(1);
    clock.advance("1h");
    await expect(verifyToken(text, token)).rejects.toMatchObject({ code: "unavailable" });
    give(() => secretOf("a"));
    await keys.reload();
    expect(await reasonFor(text, token)).toBe("accepted");
    expect(keys.stats()).toMatchObject({ failures: 0, kids: ["a"] });
  });

  it("are tried again less and less often, up to five minutes", async () => {
    const { keys, clock, loads } = bench(() => Promise.reject(new Error("down")));
    const waits: number[] = [];
    for (let at = 0; at < 6; at += 1) {
      await keys.ready().catch(() => undefined);
      waits.push(((keys.stats().nextTryAt ?? 0) - clock.now()) / 1_000);
      clock.set(keys.stats().nextTryAt as number);
    }
    expect([waits, loads()]).toEqual([[30, 60, 120, 240, 300, 300], 6]);
  });

  it("refuse no token of an unknown kid, as nobody knows what there is now", async () => {
    const { keys, clock, give, profile } = bench(() => secretOf("a"));
    await keys.ready();
    give(() => Promise.reject(new Error("down")));
    clock.advance("31s");
    const text = await issueToken({ sub: "user-1" }, profileOf(secretOf("b")));
    expect(await reasonFor(text, profile())).toMatch(/^unavailable: /);
    expect(await reasonFor(text, profile())).toMatch(/^unavailable: /);
    expect(keys.stats().loads).toBe(2);
  });

  it("end at once where staleIfError is 0", async () => {
    const { clock, give, profile } = bench(() => secretOf("a"), { staleIfError: 0, every: "1m" });
    const token = profile();
    const text = await mint(token);
    give(() => Promise.reject(new Error("down")));
    clock.advance("2m");
    expect(await reasonFor(text, token)).toMatch(/^unavailable: /);
  });

  it("tell a listener that throws, and go on", async () => {
    const onEvent = (): never => {
      throw new Error("log full");
    };
    const { keys } = bench(() => secretOf("a"), { onEvent });
    await keys.ready();
    expect(keys.stats().kids).toEqual(["a"]);
  });
});

describe("the options of rotatingKeys", () => {
  const load = (): VerifyingKey => secretOf("a");
  it.each([
    [{ load: undefined }, /load/],
    [{ load: secretOf("a") }, /rotatingKeys: load must be a function/],
    [{ every: "29s" }, /every must be at least 30 seconds/],
    [{ every: 0 }, /every/],
    [{ every: "soon" }, /every/],
    [{ staleIfError: -1 }, /staleIfError/],
    [{ staleIfError: Number.NaN }, /staleIfError/],
    [{ timeoutMs: 0 }, /timeoutMs/],
    [{ timeoutMs: 60_001 }, /timeoutMs/],
    [{ onEvent: "log" }, /onEvent/],
    [{ now: 7 }, /now must be a function/],
    [{ evry: "1m" }, /evry/],
  ])("refuse %j", (options, why) => {
    expect(() => rotatingKeys({ load, ...options } as never)).toThrow(why);
  });

  it("are read without loading, and the keys show no material", async () => {
    const { keys, loads, profile } = bench(load);
    profile();
    expect(loads()).toBe(0);
    await keys.ready();
    expect(JSON.stringify(keys)).toBe("{}");
    expect(Object.isFrozen(keys)).toBe(true);
  });
});
