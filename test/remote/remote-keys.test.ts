import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthError, isAuthError } from "../../src/core/errors.ts";
import { defineToken, type TokenOptions, type TokenProfile } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import type { AuthEvent } from "../../src/events/event.ts";
import type { LoadedKeys } from "../../src/remote/fresh-keys.ts";
import type { RemoteKeysOptions } from "../../src/remote/keys-options.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { type FrozenClock, frozenClock } from "../../src/testing/clock.ts";
import type { FakeBehaviour } from "../../src/testing/issuer/behaviour.ts";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import type { FakeIssuer } from "../../src/testing/issuer/issuer.ts";
import { runs } from "../support/thorough.ts";
import { encode } from "../support/tokens.ts";

let issuer: FakeIssuer;
let clock: FrozenClock;
let events: AuthEvent[];
let keys: LoadedKeys;

beforeEach(async () => {
  clock = frozenClock();
  events = [];
  issuer = await createFakeIssuer({ audience: "api", algorithm: "ES256", now: clock.now });
  keys = load();
});
afterEach(() => issuer.close());

const load = (options: RemoteKeysOptions = {}): LoadedKeys =>
  remoteKeys(issuer.jwksUri, { now: clock.now, onEvent: (event) => events.push(event), ...options });
const profileOf = (options: Partial<TokenOptions> = {}): TokenProfile =>
  defineToken({ keys, issuer: issuer.issuer, audience: "api", now: clock.now, ...options });
const mint = (kid?: string): Promise<string> =>
  issuer.mint({ sub: "user-1" }, { expiresIn: "7d", ...(kid !== undefined && { header: { kid } }) });
const answerOf = (token: string, profile: TokenProfile): Promise<string> =>
  verifyToken(token, profile).then(
    ({ sub }) => String(sub),
    (error) => (isAuthError(error) ? `${error.status} ${error.code}` : String(error)),
  );
const typesOf = (): string[] => events.map(({ type }) => type);

describe("remote keys", () => {
  it("are fetched when they are first needed, once for all who ask", async () => {
    const profile = profileOf();
    const token = await mint();
    expect(issuer.count("jwks")).toBe(0);
    const answers = await Promise.all(Array.from({ length: 100 }, () => answerOf(token, profile)));
    expect(new Set(answers)).toEqual(new Set(["user-1"]));
    expect(issuer.count("jwks")).toBe(1);
    expect(typesOf()).toEqual(["keys_fetched", "key_added"]);
    expect(keys.stats()).toEqual({
      ageMs: 0,
      loads: 1,
      failures: 0,
      nextTryAt: clock.now() + 30_000,
      kids: [issuer.jwks().keys[0]?.kid],
    });
  });

  it("are had at the start by ready, which says when they can't", async () => {
    await keys.ready();
    expect(issuer.count("jwks")).toBe(1);
    await issuer.behave({ status: 500 });
    const other = load();
    await expect(other.ready()).rejects.toMatchObject({ code: "unavailable", headers: { "Retry-After": "30" } });
    expect(other.stats()).toMatchObject({ ageMs: null, failures: 1, kids: [] });
  });

  it("refuse what no key could make good without a fetch", async () => {
    const profile = profileOf();
    const token = await mint();
    const head = (header: object) => Buffer.from(JSON.stringify(header)).toString("base64url");
    const tail = token.slice(token.indexOf("."));
    for (const bad of [
      "",
      "a.b.c",
      `${head({ alg: "none", typ: "at+jwt" })}${tail}`,
      `${head({ alg: "HS256", typ: "at+jwt" })}${tail}`,
      `${head({ alg: "ES256", typ: "JWT" })}${tail}`,
      `${head({ alg: "ES256", typ: "at+jwt", crit: ["exp"] })}${tail}`,
      `${head({ alg: 7, typ: "at+jwt" })}${tail}`,
    ]) {
      expect(await answerOf(bad, profile)).toBe("401 invalid_token");
    }
    expect(issuer.count()).toBe(0);
  });

  it("tell the developer of an algorithm that none of them could have", async () => {
    const token = `${encode({ alg: "HS256", typ: "at+jwt" })}.${encode({ iss: issuer.issuer })}.AAAA`;
    const reason = () => verifyToken(token, profileOf()).catch((error) => error.cause.message);
    expect(await reason()).toBe('alg is "HS256", expected one that is accepted here');
    await keys.ready();
    expect(await reason()).toBe('alg is "HS256", expected "ES256"');
    expect(issuer.count("jwks")).toBe(1);
  });

  it("are renewed in the background from ten minutes on, while the old ones answer", async () => {
    const profile = profileOf({ cacheSize: 0 });
    const token = await mint();
    await keys.ready();
    clock.advance(599);
    expect(await answerOf(token, profile)).toBe("user-1");
    await keys.reload(); // Nothing was on its way.
    expect(issuer.count("jwks")).toBe(2);
    clock.advance(661);
    await issuer.behave("hanging");
    expect(await answerOf(token, profile)).toBe("user-1"); // without waiting
    await expect.poll(() => issuer.count("jwks")).toBe(3);
  });

  it("waits for a set that is too old to be used unasked", async () => {
    const profile = profileOf();
    const token = await mint();
    await keys.ready();
    const removed = await issuer.rotate();
    issuer.removeKey(issuer.jwks().keys.find(({ kid }) => kid !== removed)?.kid as string);
    clock.advance("16m");
    expect(await answerOf(token, profile)).toBe("401 invalid_token");
    expect(issuer.count("jwks")).toBe(2);
  });

  it("a removed key stops at once, also for a token that is remembered", async () => {
    const profile = profileOf();
    const token = await mint();
    for (let times = 0; times < 3; times += 1) expect(await answerOf(token, profile)).toBe("user-1");
    const gone = issuer.jwks().keys[0]?.kid as string;
    await issuer.rotate();
    issuer.removeKey(gone);
    await keys.reload();
    expect(await answerOf(token, profile)).toBe("401 invalid_token");
    expect(events.filter(({ type }) => type === "key_gone")).toMatchObject([{ kid: gone, algorithm: "ES256" }]);
    expect(await answerOf(await mint(), profile)).toBe("user-1");
  });

  it("an added key forgets nothing, and an equal set changes nothing", async () => {
    const profile = profileOf();
    const token = await mint();
    for (let times = 0; times < 3; times += 1) await answerOf(token, profile);
    const { hits } = createCount(profile);
    await issuer.addKey("ES256");
    await keys.reload();
    await keys.reload();
    await answerOf(token, profile);
    expect(createCount(profile).hits).toBe(hits + 1);
    expect(typesOf().filter((type) => type === "key_added")).toHaveLength(2);
  });

  it("thousands of random kids cause one fetch, and each is refused", async () => {
    const profile = profileOf();
    await keys.ready();
    clock.advance(31);
    const parts = (await mint()).split(".");
    const tokens = Array.from({ length: runs(500, 10_000) }, (_, at) => {
      const header = { alg: "ES256", typ: "at+jwt", kid: `random-${at}` };
      return [Buffer.from(JSON.stringify(header)).toString("base64url"), ...parts.slice(1)].join(".");
    });
    const answers = await Promise.all(tokens.map((token) => answerOf(token, profile)));
    expect(new Set(answers)).toEqual(new Set(["401 invalid_token"]));
    expect(issuer.count("jwks")).toBe(2);
    for (const token of tokens.slice(0, 100)) await answerOf(token, profile);
    expect(issuer.count("jwks")).toBe(2);
  });

  it("thousands of random kids cause one fetch while the source is down, and each is an outage", async () => {
    const profile = profileOf();
    await keys.ready();
    const known = await mint();
    clock.advance(31);
    await issuer.behave({ status: 500 });
    issuer.forgetRequests();
    const header = (at: number) => ({ header: { kid: `random-${at}` } });
    const one = await issuer.mint({ sub: "user-1" }, header(0));
    const answers = await Promise.all(Array.from({ length: runs(500, 10_000) }, () => answerOf(one, profile)));
    expect(new Set(answers)).toEqual(new Set(["503 unavailable"]));
    for (let at = 1; at < 100; at += 1) {
      expect(await answerOf(await issuer.mint({ sub: "user-1" }, header(at)), profile)).toBe("503 unavailable");
    }
    expect(issuer.count("jwks")).toBe(1);
    expect(await answerOf(known, profile)).toBe("user-1");
  });

  it("a kid that is published meanwhile is found", async () => {
    const profile = profileOf();
    await keys.ready();
    await issuer.rotate();
    const token = await mint();
    expect(await answerOf(token, profile)).toBe("401 invalid_token"); // The set was fetched a moment ago.
    clock.advance(30);
    expect(await answerOf(token, profile)).toBe("user-1");
  });

  it("go on for an hour while the source is down, are an outage after it, and recover", async () => {
    const profile = profileOf();
    const token = await mint();
    expect(await answerOf(token, profile)).toBe("user-1");
    await issuer.behave("refused");
    for (let minutes = 0; minutes < 65; minutes += 5) {
      expect(await answerOf(token, profile), `after ${minutes} minutes`).toBe("user-1");
      clock.advance("5m");
    }
    expect(typesOf().filter((type) => type === "keys_stale")).toHaveLength(1);
    clock.advance("6m");
    expect(await answerOf(token, profile)).toBe("503 unavailable");
    await issuer.behave("well");
    expect(await answerOf(token, profile)).toBe("503 unavailable");
    clock.advance("5m");
    expect(await answerOf(token, profile)).toBe("user-1");
    expect(keys.stats().failures).toBe(0);
  });

  it("are tried less and less often while that fails", async () => {
    await issuer.behave({ status: 500 });
    const profile = profileOf();
    const token = await mint();
    const triedAt: number[] = [];
    const start = clock.now();
    for (let seconds = 0; seconds <= 1_600; seconds += 10) {
      const before = issuer.count("jwks");
      expect(await answerOf(token, profile)).toBe("503 unavailable");
      if (issuer.count("jwks") > before) triedAt.push((clock.now() - start) / 1_000);
      clock.advance(10);
    }
    expect(triedAt).toEqual([0, 30, 90, 210, 450, 750, 1_050, 1_350]);
    expect(typesOf()).toEqual(triedAt.map(() => "keys_failed"));
  });

  it("don't trust a clock that was set back", async () => {
    const profile = profileOf();
    const token = await mint();
    await keys.ready();
    clock.set(clock.now() - 86_400_000);
    expect(await answerOf(token, profile)).toBe("user-1");
    await expect.poll(() => issuer.count("jwks")).toBe(2);
    await issuer.behave("refused");
    clock.advance("2h");
    expect(await answerOf(token, profile)).toBe("503 unavailable");
  });

  it("of no usable key are an outage, and what was there before stops", async () => {
    const profile = profileOf();
    const token = await mint();
    expect(await answerOf(token, profile)).toBe("user-1");
    await issuer.behave({ body: '{"keys":[]}' });
    await expect(keys.reload()).rejects.toMatchObject({ code: "unavailable" });
    expect(await answerOf(token, profile)).toBe("503 unavailable");
    expect(typesOf()).toEqual(["keys_fetched", "key_added", "keys_fetched", "key_gone", "keys_failed"]);
  });

  it("leave out shared secrets, private keys and what can't be used, and say so", async () => {
    await issuer.addKey("HS256", { kid: "secret" });
    await issuer.addKey({ kty: "tomorrow", kid: "later" });
    await issuer.addKey("RS256", { kid: "weak", bits: 1024 });
    await keys.ready();
    expect(keys.stats().kids).toEqual([issuer.jwks().keys[0]?.kid]);
    expect(events.filter(({ type }) => type === "key_skipped")).toMatchObject([
      { kid: "secret", reason: expect.stringContaining("a shared secret has no place in a set") },
      { kid: "later", reason: expect.stringContaining("kty") },
      { kid: "weak", reason: expect.stringContaining("1024 bits") },
    ]);
    const forged = await issuer.mint({ sub: "user-1" }, { kid: "secret" });
    expect(await answerOf(forged, profileOf())).toBe("401 invalid_token");
  });

  it("honour Cache-Control within bounds", async () => {
    for (const [cacheControl, seconds] of [
      ["max-age=5", 60],
      ["public, max-age=1200", 1_200],
      ["max-age=86400", 3_600],
      ["no-store", 60],
      ["no-cache, max-age=1200", 60],
      ["public", 600],
    ] as const) {
      await issuer.behave({ headers: { "cache-control": cacheControl } });
      const own = load();
      await own.ready();
      issuer.forgetRequests();
      const profile = profileOf({ keys: own, cacheSize: 0 });
      const token = await mint();
      clock.advance(seconds - 1);
      await answerOf(token, profile);
      expect(issuer.count("jwks"), cacheControl).toBe(0);
      clock.advance(Math.ceil(seconds * 0.1) + 1);
      await answerOf(token, profile);
      await expect.poll(() => issuer.count("jwks"), { message: cacheControl }).toBe(1);
      await expect.poll(() => own.stats().ageMs).toBe(0);
    }
  });

  it("take another time for renewals than the source says", async () => {
    await issuer.behave({ headers: { "cache-control": "max-age=3600" } });
    const own = load({ refreshAfter: "1m" });
    await own.ready();
    clock.advance(67);
    await answerOf(await mint(), profileOf({ keys: own }));
    await expect.poll(() => issuer.count("jwks")).toBe(2);
  });
});

const createCount = (profile: TokenProfile): { hits: number } => {
  const [internals] = Object.getOwnPropertySymbols(profile).map((it) => (profile as never)[it]);
  return { ...(internals as unknown as { lookups: { hits: number } }).lookups };
};

describe("an outage of the source", () => {
  it.each<[FakeBehaviour, string]>([
    ["hanging", "did not answer within 50 ms"],
    ["hanging-body", "did not answer within 50 ms"],
    ["dripping", "did not answer within 50 ms"],
    ["refused", "/.well-known/jwks.json can't be fetched: ECONNREFUSED"],
    ["reset", "/.well-known/jwks.json can't be fetched: ECONNRESET"],
    ["cut-short", ""],
    ["html", "is no JSON object"],
    ["broken-json", "is no JSON object"],
    ["no-set", 'a JWK Set is an object with a list of "keys"'],
    ["huge", "more than 65536 bytes"],
    ["gzip-bomb", "more than 65536 bytes"],
    ["redirect-away", "redirects to another origin"],
    ["redirect-endlessly", "redirects more than 3 times"],
  ])("%s is 503 in bounded time, and holds nothing back", async (behaviour, why) => {
    await issuer.behave(behaviour);
    const own = load(why.includes("50 ms") ? { timeoutMs: 50 } : {});
    const startedAt = performance.now();
    const error = await verifyToken(await mint(), profileOf({ keys: own })).catch((it) => it);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: "unavailable", status: 503, headers: { "Retry-After": "30" } });
    expect(String(error.cause?.message)).toContain(why);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await issuer.behave("well");
    clock.advance(30);
    expect(await answerOf(await mint(), profileOf({ keys: own }))).toBe("user-1");
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "can't be fetched"],
    ["a code that is none", Object.assign(new Error("down"), { code: 7 }), "can't be fetched"],
    ["a code of its own", Object.assign(new Error("down"), { code: "E_PROXY" }), "can't be fetched: E_PROXY"],
    [
      "the code within",
      new TypeError("fetch failed", { cause: { code: "CERT_HAS_EXPIRED" } }),
      "can't be fetched: CERT_HAS_EXPIRED",
    ],
  ])("names the address, without its query, and why: a fetch that throws %s", async (_what, thrown, why) => {
    const fetch = () => Promise.reject(thrown);
    const own = remoteKeys("https://login.example/keys?token=secret", { fetch, now: clock.now });
    const error = await verifyToken(await mint(), profileOf({ keys: own })).catch((it) => it);
    expect(error).toMatchObject({
      status: 503,
      cause: { message: `https://login.example/keys ${why}`, cause: thrown },
    });
  });

  it("is none where the source redirects on its own origin", async () => {
    await issuer.behave("redirect");
    expect(await answerOf(await mint(), profileOf())).toBe("user-1");
  });

  it("takes a set whatever its content type, and at a path of any depth", async () => {
    await issuer.behave({ headers: { "content-type": "text/html" } });
    expect(await answerOf(await mint(), profileOf())).toBe("user-1");
  });
});

describe("a source", () => {
  it("is a file, which is read within the same bounds", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hallpass-"));
    const path = join(folder, "jwks.json");
    writeFileSync(path, JSON.stringify(issuer.jwks()));
    const own = remoteKeys(pathToFileURL(path), { now: clock.now });
    expect(await answerOf(await mint(), profileOf({ keys: own }))).toBe("user-1");
    writeFileSync(path, " ".repeat(65_537));
    await expect(own.reload()).rejects.toMatchObject({ code: "unavailable" });
    rmSync(folder, { recursive: true });
    await expect(own.reload()).rejects.toMatchObject({ code: "unavailable" });
    expect(await answerOf(await mint(), profileOf({ keys: own }))).toBe("user-1");
  });

  it("is a function, which may promise, throw, hang or lie", async () => {
    let give: () => unknown = () => issuer.jwks();
    const own = remoteKeys((() => give()) as never, { now: clock.now, timeoutMs: 50 });
    expect(await answerOf(await mint(), profileOf({ keys: own }))).toBe("user-1");
    for (const lie of [async () => issuer.jwks()]) {
      give = lie;
      await own.reload();
    }
    for (const lie of [
      () => {
        throw new Error("secret");
      },
      () => new Promise(() => {}),
      () => null,
      () => "keys",
      () => ({ keys: "none" }),
      () => Object.defineProperty({}, "keys", { get: () => expect.unreachable(), enumerable: true }),
    ]) {
      give = lie;
      await expect(own.reload()).rejects.toMatchObject({ code: "unavailable" });
    }
    async function named() {
      return issuer.jwks();
    }
    const heard: AuthEvent[] = [];
    await remoteKeys(named, { onEvent: (event) => heard.push(event) }).ready();
    expect(heard[0]).toMatchObject({ type: "keys_fetched", source: "named", keys: 1 });
  });

  it("is fetched by a function of one's own, with headers of one's own", async () => {
    const own = load({ fetch: (url, init) => fetch(url, init), headers: { "X-Service": "orders" } });
    await own.ready();
    expect(issuer.requests[0]?.headers).toMatchObject({ "x-service": "orders" });
    for (const lie of [
      () => {
        throw new Error("no proxy");
      },
      () => undefined,
      () => ({ status: 200, headers: new Headers() }),
      () => ({ status: 200, headers: new Headers(), body: "text" }),
      () => ({
        status: 200,
        headers: new Headers(),
        body: (async function* () {
          yield "text";
        })(),
      }),
      () => ({
        status: 200,
        headers: new Headers(),
        body: (async function* () {
          yield Buffer.from([0xff]);
        })(),
      }),
      () => ({ status: 302, headers: new Headers({ location: "http://[" }) }),
      () => ({ status: 302, headers: new Headers() }),
      () => ({ status: 500, headers: new Headers(), body: { cancel: async () => Promise.reject(new Error("gone")) } }),
    ]) {
      const lying = load({ fetch: lie as never });
      await expect(lying.ready()).rejects.toMatchObject({ code: "unavailable" });
    }
  });

  it.each([
    [undefined, "must be an absolute URL"],
    [7, "must be an absolute URL"],
    ["", "must be an absolute URL"],
    ["/jwks.json", "must be an absolute URL"],
    ["http://issuer.example/jwks", "must be https"],
    ["ftp://issuer.example/jwks", "must be https"],
    ["data:application/json,{}", "must be https"],
    ["http://127.0.0.1.example/jwks", "must be https"],
    ["https://user:word@issuer.example/jwks", "without a user's name and password"],
    ["https://issuer.example/jwks#key", "without a fragment"],
    ["file://[", "a file is named by an absolute URL"],
  ])("%s is refused when the keys are made", (source, why) => {
    expect(() => remoteKeys(source as never)).toThrow(why);
    expect(() => remoteKeys(source as never)).toThrow(TypeError);
  });

  it.each([
    [{ refreshAfter: "5s" }, "refreshAfter must be at least 30 seconds"],
    [{ staleIfError: "soon" }, "staleIfError must be a whole number of seconds"],
    [{ timeoutMs: 0 }, "timeoutMs must be a whole number from 1 to 60000"],
    [{ fetch: "fetch" }, "fetch must be a function"],
    [{ algorithms: ["HS256"] }, "remoteKeys: algorithms must be a list of RS256"],
    [{ algorithms: [] }, "remoteKeys: algorithms must be a list of RS256"],
    [{ headers: { Accept: 7 } }, "headers must be a plain object with a string for each header"],
    [{ onEvent: 7 }, "onEvent must be a function"],
    [{ now: 7 }, "now must be a function"],
    [{ cache: true }, 'there is no option "cache"'],
  ])("%o is refused when the keys are made", (options, why) => {
    expect(() => remoteKeys("https://issuer.example/jwks", options as never)).toThrow(why);
  });
});
