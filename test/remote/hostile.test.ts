import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { retireKey } from "../../src/core/keys/retire.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import type { Fetch } from "../../src/remote/document.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { rotatingKeys } from "../../src/remote/rotating-keys.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { frozenClock } from "../../src/testing/clock.ts";

const URL_OF_SET = "https://issuer.example/jwks";
const published = publicJwks(await importKey({ ...(await generateKey("ES256")), kid: "a" })).keys;

const limiter = { consume: async () => ({}), reward: async () => ({}) };

/** Says why keys can't be had. */
const whyNot = (keys: { ready(): Promise<void> }): Promise<string> =>
  keys.ready().then(
    () => "nothing is wrong",
    (error) => (isAuthError(error) && error.code === "unavailable" ? (error.cause as Error).message : String(error)),
  );

/** Answers with a redirect, and counts how often it is asked. */
function redirectTo(location: string | null): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    asked.push(url);
    return { status: 302, headers: { get: (name) => (name === "location" ? location : null) } };
  };
  return { fetch, asked };
}

describe("a redirect", () => {
  it.each([
    ["with a user's name and password", "https://user:hunter2@issuer.example/other"],
    ["with a name alone", "//user@issuer.example/other"],
    ["to a file", "file:///etc/passwd"],
    ["to data", "data:application/json,{}"],
    ["to what is no address", "http://["],
    ["to nowhere", null],
    ["to an empty place", ""],
  ])("%s is not followed, and its place is not told", async (_what, location) => {
    const { fetch, asked } = redirectTo(location);
    const why = await whyNot(remoteKeys(URL_OF_SET, { fetch }));
    expect(why).toMatch(/^https:\/\/issuer\.example\/jwks redirects to /);
    expect(why).not.toContain("hunter2");
    expect(asked).toEqual([URL_OF_SET]);
  });
});

describe("an answer", () => {
  it("that says it is too long is not read", async () => {
    let isCancelled = false;
    const body = { [Symbol.asyncIterator]: () => expect.fail("it was read"), cancel: async () => (isCancelled = true) };
    const headers = { get: (name: string) => (name === "content-length" ? "65537" : null) };
    const fetch = async () => ({ status: 200, headers, body });
    expect(await whyNot(remoteKeys(URL_OF_SET, { fetch }))).toContain("answered with more than 65536 bytes");
    expect(isCancelled).toBe(true);
  });
});

describe("a value that is not one", () => {
  it("null is no way to leave an option out", () => {
    const none = null as never;
    expect(() => remoteKeys(URL_OF_SET, { staleIfError: none })).toThrow("staleIfError");
    expect(() => rotatingKeys({ load: () => secretKey("k".repeat(32)), staleIfError: none })).toThrow("staleIfError");
    expect(() => trustIssuer("https://issuer.example/", { audience: "api", staleIfError: none })).toThrow(
      "staleIfError",
    );
    expect(() => trustIssuer("https://issuer.example/", { audience: "api", keys: none })).toThrow(
      "keys must be made by",
    );
  });

  it("an object that can't be read is no address", () => {
    const evil = new Proxy({}, { get: () => expect.fail("the object's own error") });
    expect(() => remoteKeys(evil as never)).toThrow("the source must be an absolute URL");
    expect(() => trustIssuer("https://issuer.example/", { audience: "api", jwks: evil as never })).toThrow(
      "must be an absolute URL",
    );
  });
});

describe("a key that can't be used", () => {
  it("is told once, whether it comes alone, beside others, or later", async () => {
    const skipped: (string | null)[] = [];
    const bad = (kid: string) => ({ kty: "oct", k: "a".repeat(43), alg: "HS256", kid });
    let set: { kty: string }[] = [bad("1")];
    const keys = remoteKeys(async () => ({ keys: set }), {
      onEvent: (event) => void (event.type === "key_skipped" && skipped.push(event.kid)),
    });
    await keys.reload().catch(() => {});
    expect(skipped).toEqual(["1"]);
    set = [...published, bad("1")];
    await keys.reload();
    await keys.reload();
    expect(skipped).toEqual(["1"]);
    set = [...published, bad("1"), bad("2")];
    await keys.reload();
    expect(skipped).toEqual(["1", "2"]);
  });
});

describe("the names of the keys that verify now", () => {
  it("are none once the set is over, and go on while it does", async () => {
    const clock = frozenClock();
    let isDown = false;
    const source = async () => (isDown ? Promise.reject(new Error("down")) : { keys: published });
    const keys = remoteKeys(source as never, { now: clock.now });
    expect(keys.stats()).toEqual({ ageMs: null, loads: 0, failures: 0, nextTryAt: null, kids: [] });
    await keys.ready();
    clock.advance("14m");
    expect(keys.stats().kids).toEqual(["a"]);
    clock.advance("2m");
    expect(keys.stats()).toMatchObject({ kids: [], loads: 1 });
    isDown = true;
    await keys.reload().catch(() => {});
    expect(keys.stats()).toMatchObject({ kids: ["a"], failures: 1 });
    clock.advance("2h");
    expect(keys.stats()).toMatchObject({ kids: [], failures: 1 });
    clock.set("2020-01-01T00:00:00Z");
    expect(keys.stats()).toMatchObject({ kids: ["a"], ageMs: 0 });
  });

  it("are not those of keys that have retired", async () => {
    const clock = frozenClock();
    const [one, other] = [secretKey("a".repeat(32), { kid: "a" }), secretKey("b".repeat(32), { kid: "b" })];
    const ring = keyRing(one, retireKey(other, new Date(clock.now() + 60_000)));
    const keys = rotatingKeys({ load: () => ring, every: "1h", now: clock.now });
    await keys.ready();
    expect(keys.stats().kids).toEqual(["a", "b"]);
    clock.advance("1m");
    expect(keys.stats().kids).toEqual(["a"]);
  });
});

describe("a profile that never issues", () => {
  it("says so whether or not its keys are there", async () => {
    let asked = 0;
    const jwks = () => {
      asked += 1;
      return Promise.reject(new Error("down"));
    };
    const profile = trustIssuer("https://issuer.example/", { audience: "api", jwks });
    await expect(issueToken({ sub: "user-1" } as never, profile as never)).rejects.toThrow("only verifies");
    expect(asked).toBe(0);
  });

  it("makes no authenticator, which would find that out at the first login", () => {
    const keys = secretKey("k".repeat(32));
    const foreign = trustIssuer("https://issuer.example/", { audience: "api", typ: "device+jwt", keys });
    const token = defineToken({ keys, issuer: "https://api.example.com", audience: "api" });
    const users = memoryUsers();
    const [account, address] = [{ ...limiter }, { ...limiter }];
    expect(() => createAuthenticator({ token: foreign as never, users })).toThrow("profile of trustIssuer");
    const throttle = { account, address, device: foreign } as never;
    expect(() => createAuthenticator({ token, users, throttle })).toThrow(
      "device needs a profile whose first key signs",
    );
    const guarded = createAuthenticator({ token, users, credentials: [bearer([token, foreign]) as never] });
    expect(guarded.takesBearer).toBe(true);
  });
});

describe("a session of another issuer's tokens", () => {
  it("is revoked for as long as any token of it may live, whichever logs out", async () => {
    const keys = secretKey("k".repeat(32));
    const issuer = "https://issuer.example/";
    const foreign = trustIssuer(issuer, { audience: "api", keys });
    const ends: Date[] = [];
    const blocklist = memoryBlocklist();
    const auth = createAuthenticator({
      token: defineToken({ keys, issuer: "https://api.example.com", audience: "api", expiresIn: "15m" }),
      credentials: [bearer([foreign]) as never],
      users: memoryUsers(),
      refresh: { store: memoryRefreshStore() },
      blocklist: { ...blocklist, revokeSession: (_sid, expiresAt) => void ends.push(expiresAt) },
    });
    for (const expiresIn of ["8h", "1m"] as const) {
      const issuing = defineToken({ keys, issuer, audience: "api", expiresIn });
      await auth.logout(await auth.authenticateToken(await issueToken({ sub: "user-1", sid: "session-1" }, issuing)));
    }
    const [long = 0, short = 0] = ends.map((end) => (end.getTime() - Date.now()) / 60_000);
    expect(long).toBeCloseTo(48 * 60, 0);
    expect(short).toBeCloseTo(48 * 60, 0);
  });
});
