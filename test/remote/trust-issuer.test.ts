import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import type { ClaimsSchema } from "../../src/core/token/schema.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { createGuard } from "../../src/guard/create.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { type TrustOptions, trustIssuer } from "../../src/remote/trust-issuer.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { type FrozenClock, frozenClock } from "../../src/testing/clock.ts";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import type { FakeIssuer } from "../../src/testing/issuer/issuer.ts";

let issuer: FakeIssuer;
let clock: FrozenClock;

const start = async (options: object = {}): Promise<void> => {
  issuer = await createFakeIssuer({ audience: "api", now: clock.now, ...options });
};
beforeEach(() => {
  clock = frozenClock();
});
afterEach(() => issuer.close());

const trust = (options: Partial<TrustOptions<ClaimsSchema | undefined, "required" | "optional">> = {}) =>
  trustIssuer(issuer.issuer, { audience: "api", now: clock.now, ...options });
const answerOf = (token: string, profile: TokenProfile): Promise<string> =>
  verifyToken(token, profile).then(
    ({ sub }) => String(sub),
    (error) =>
      isAuthError(error) ? `${error.status} ${error.code}: ${(error.cause as Error)?.message}` : String(error),
  );

describe("the keys of a trusted issuer", () => {
  it.each(["", "/", "/realms/one", "/realms/one/"])(
    "are found by OpenID Connect metadata at the path %o",
    async (path) => {
      await start({ path });
      const profile = trust();
      expect(await answerOf(await issuer.mint({ sub: "user-1" }), profile)).toBe("user-1");
      expect([issuer.count("openid"), issuer.count("oauth"), issuer.count("jwks")]).toEqual([1, 0, 1]);
      expect(profile.stats()).toMatchObject({ ageMs: 0, loads: 1, failures: 0, kids: ["key-1"] });
    },
  );

  it.each([
    ["", 404],
    ["/realms/one", 400],
  ])("are found by OAuth metadata at the path %o, where there is no other but a %i", async (path, status) => {
    await start({ path });
    await issuer.behave({ status }, "openid");
    const profile = trust();
    await profile.ready();
    expect([issuer.count("openid"), issuer.count("oauth"), issuer.count("jwks")]).toEqual([1, 1, 1]);
    expect(await answerOf(await issuer.mint({ sub: "user-1" }), profile)).toBe("user-1");
  });

  it("are not found where there is no metadata, and that is an outage which says what to do", async () => {
    await start();
    await issuer.behave({ status: 404 }, "openid");
    await issuer.behave({ status: 404 }, "oauth");
    expect(await answerOf(await issuer.mint({ sub: "user-1" }), trust())).toContain(
      `503 unavailable: ${issuer.issuer} publishes no metadata; give jwks, the address of its keys`,
    );
  });

  it.each([500, 503, 429, 302])(
    "status %i of the metadata is an outage, and no reason to ask elsewhere",
    async (status) => {
      await start();
      await issuer.behave({ status }, "openid");
      expect(await answerOf(await issuer.mint({ sub: "user-1" }), trust())).toContain("503 unavailable");
      expect(issuer.count("oauth")).toBe(0);
    },
  );

  it("are not those that metadata of another issuer names", async () => {
    await start();
    await issuer.behave("wrong-issuer");
    expect(await answerOf(await issuer.mint({ sub: "user-1" }), trust())).toMatch(
      /503 unavailable: the metadata of .*: issuer is ".*", expected ".*"/,
    );
    expect(issuer.count("jwks")).toBe(0);
    await issuer.behave({ body: JSON.stringify({ issuer: `${issuer.issuer}/`, jwks_uri: issuer.jwksUri }) }, "openid");
    expect(await answerOf(await issuer.mint({ sub: "user-1" }), trust())).toContain("503 unavailable");
  });

  it.each([undefined, 7, "/jwks", "http://elsewhere.example/jwks", "file:///etc/passwd"])(
    "are not fetched from the address %o",
    async (jwks_uri) => {
      await start();
      await issuer.behave({ body: JSON.stringify({ issuer: issuer.issuer, jwks_uri }) }, "openid");
      expect(await answerOf(await issuer.mint({ sub: "user-1" }), trust())).toMatch(
        /503 unavailable: .*jwks_uri must be/,
      );
    },
  );

  it("are never fetched from this machine for an issuer elsewhere", async () => {
    await start();
    const fetch = async () => {
      const metadata = { issuer: "https://tenant.example/", jwks_uri: issuer.jwksUri };
      return new Response(JSON.stringify(metadata));
    };
    const profile = trustIssuer("https://tenant.example/", { audience: "api", fetch });
    await expect(profile.ready()).rejects.toMatchObject({
      cause: { message: expect.stringContaining("jwks_uri must be https") },
    });
    expect(issuer.count()).toBe(0);
  });

  it("and its metadata share one time limit", async () => {
    await start();
    await issuer.behave({ delayMs: 60 }, "openid");
    await issuer.behave({ delayMs: 60 }, "jwks");
    const startedAt = performance.now();
    await expect(trust({ timeoutMs: 100 }).ready()).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await trust({ timeoutMs: 5_000 }).ready();
  });

  it("are at the address that is given, or at hand: then nobody is asked for metadata", async () => {
    await start({ algorithm: "ES256" });
    const token = await issuer.mint({ sub: "user-1" });
    const key = await importKey(issuer.jwks().keys[0] as never);
    const remote = remoteKeys(issuer.jwksUri, { now: clock.now });
    for (const options of [
      { jwks: issuer.jwksUri },
      { jwks: new URL(issuer.jwksUri) },
      { jwks: () => issuer.jwks() },
      { keys: key },
      { keys: keyRing(key) },
      { keys: remote },
    ]) {
      const profile = trust(options);
      await profile.ready();
      expect(await answerOf(token, profile)).toBe("user-1");
      expect(profile.stats().kids).toEqual(["key-1"]);
    }
    expect([issuer.count("openid"), issuer.count("jwks")]).toEqual([0, 3]);
  });

  it("may be a shared secret, by which nothing is issued all the same", async () => {
    await start();
    const keys = secretKey("a secret of thirty-two bytes, or more");
    const profile = trust({ keys });
    const own = defineToken({ keys, issuer: issuer.issuer, audience: "api", now: clock.now });
    expect(await answerOf(await issueToken({ sub: "user-1" }, own), profile)).toBe("user-1");
    await expect(issueToken({} as never, profile)).rejects.toThrow("a profile of trustIssuer only verifies");
  });

  it("decide the algorithms", async () => {
    await start({ algorithm: "ES256" });
    await issuer.addKey("ES384", { kid: "es384" });
    const es384 = await issuer.mint({ sub: "user-1" }, { kid: "es384" });
    expect(await answerOf(es384, trust())).toBe("user-1");
    expect(await answerOf(es384, trust({ algorithms: ["ES256"] }))).toContain("401 invalid_token: alg is");
    expect(issuer.count("jwks")).toBe(1);
  });
});

describe("what a foreign token lacks", () => {
  it("is demanded, unless it is said", async () => {
    await start();
    const bare = await issuer.mint({ sub: "user-1", iat: undefined, aud: undefined, client_id: "app" }, { typ: "JWT" });
    expect(await answerOf(bare, trust())).toContain("typ is");
    expect(await answerOf(bare, trust({ typ: "JWT" }))).toContain("aud is missing");
    expect(await answerOf(bare, trust({ typ: null, audience: null }))).toContain("exp and iat must both be there");
    const options = { typ: ["at+jwt", "JWT"], audience: "app", audienceClaim: "client_id", iat: "optional" } as const;
    expect(await answerOf(bare, trust(options))).toBe("user-1");
    expect(await answerOf(bare, trust({ ...options, audience: "another" }))).toContain('client_id is "app"');
    expect(await answerOf(bare, trust({ ...options, maxAge: "1h" }))).toContain("exp and iat must both be there");
    const endless = await issuer.mint({ sub: "user-1", exp: undefined, client_id: "app" });
    expect(await answerOf(endless, trust(options))).toContain("exp must be there");
  });

  it.each([7, null, { app: 1 }, [7], [["app"]]])("is no audience in a claim that is %o", async (client_id) => {
    await start();
    const token = await issuer.mint({ sub: "user-1", client_id });
    expect(await answerOf(token, trust({ audience: "app", audienceClaim: "client_id" }))).toContain(
      "401 invalid_token",
    );
  });

  it("in a machine's token is the user's id, which its client is", async () => {
    await start();
    const guard = createGuard({
      token: trust({
        identity: {
          userId: ({ azp }) => azp,
          scopes: ({ scp, realm_access }) => scp ?? (realm_access as { roles?: string[] } | undefined)?.roles,
        },
      }),
    });
    const token = await issuer.mint({ azp: "robot", scp: ["orders:read"], sub: undefined });
    expect(await guard.authenticate(`Bearer ${token}`)).toMatchObject({ userId: "robot", scopes: ["orders:read"] });
    const nested = await issuer.mint({ azp: "robot", realm_access: { roles: ["admin"] }, sub: undefined });
    expect(await guard.authenticate(`Bearer ${nested}`)).toMatchObject({ scopes: ["admin"] });
  });

  it("is cut off with its user: without iat it is older than every logout", async () => {
    await start();
    const blocklist = memoryBlocklist({ now: clock.now });
    const guard = createGuard({ token: trust({ iat: "optional" }), blocklist });
    const token = await issuer.mint({ sub: "user-1", iat: undefined });
    expect(await guard.authenticate(`Bearer ${token}`)).toMatchObject({ userId: "user-1" });
    await blocklist.revokeUser("user-1", new Date(1_000), new Date(clock.now() + 3_600_000));
    await expect(guard.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: "revoked" });
  });
});

describe("a guard of a trusted issuer", () => {
  const schema: ClaimsSchema = {
    "~standard": { version: 1, vendor: "own", validate: (value) => ({ value: value as object }) },
  };

  it.each<[string, object, boolean]>([
    ["alone", {}, false],
    ["with a schema", { schema }, false],
    ["with the thread pool", { threadPool: true }, false],
    ["with a blocklist", {}, true],
    ["that remembers nothing", { cacheSize: 0 }, false],
  ])("%s lets in, forgets keys that go, and knows an outage from a refusal", async (_what, options, isBlocking) => {
    await start({ algorithm: "ES256" });
    const blocklist = memoryBlocklist({ now: clock.now });
    const guard = createGuard({ token: trust(options), ...(isBlocking && { blocklist }) });
    const ask = (token: string) =>
      guard.authenticate(`Bearer ${token}`).then(
        ({ userId }) => userId,
        ({ code }) => code,
      );
    const token = await issuer.mint({ sub: "user-1" }, { expiresIn: "1d" });
    for (let times = 0; times < 3; times += 1) expect(await ask(token)).toBe("user-1");
    await issuer.rotate();
    issuer.removeKey("key-1");
    clock.advance("16m");
    expect(await ask(token)).toBe("invalid_token");
    await issuer.behave("refused");
    clock.advance("1m");
    expect(await ask(await issuer.mint({ sub: "user-1" }))).toBe("user-1");
    expect(await ask(await issuer.mint({ sub: "user-1" }, { header: { kid: "unknown" } }))).toBe("unavailable");
    clock.advance("2h");
    expect(await ask(await issuer.mint({ sub: "user-1" }))).toBe("unavailable");
  });

  it("waits for keys no longer than its request may take", async () => {
    await start();
    await issuer.behave("hanging");
    const guard = createGuard({ token: trust(), requestTimeoutMs: 100 });
    const startedAt = performance.now();
    const token = await issuer.mint({ sub: "user-1" });
    await expect(guard.authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });
});

describe("trustIssuer", () => {
  it.each([
    [undefined, {}, 'trustIssuer("https://login.example.com", options): the issuer is undefined; it must be given'],
    ["", {}, 'trustIssuer("https://login.example.com", options): the issuer must be a non-empty string'],
    ["tenant", {}, "where neither jwks nor keys are given, must be an absolute URL"],
    ["http://tenant.example", {}, "must be https"],
    ["https://tenant.example", { audience: undefined }, "audience is undefined"],
    ["https://tenant.example", { iat: "never" }, 'iat must be "required" or "optional"'],
    ["https://tenant.example", { audienceClaim: "" }, "audienceClaim must be a non-empty string"],
    ["https://tenant.example", { keys: {} }, "keys must be made by"],
    ["https://tenant.example", { jwks: "http://tenant.example/jwks" }, "must be https"],
    ["https://tenant.example", { refreshAfter: "1s" }, "refreshAfter must be at least 30 seconds"],
    ["https://tenant.example", { expiresIn: "1h" }, 'there is no option "expiresIn"'],
    ["https://tenant.example", { keys: secretKey("x".repeat(32)), jwks: "https://tenant.example" }, "and not both"],
    ["https://tenant.example", { keys: secretKey("x".repeat(32)), staleIfError: "1h" }, "and not both"],
  ])("with %o and %o says what is wrong when it is made", async (name, options, why) => {
    await start();
    const make = () => trustIssuer(name as never, { audience: "api", ...options } as never);
    expect(make).toThrow(why);
    expect(make).toThrow(TypeError);
  });

  it.each(["openid-configuration", "oauth-authorization-server", "oauth-authorization-server/realms/one", "jwks.json"])(
    "takes the name of the issuer, and not the address of its %s",
    (document) => {
      const make = () => trustIssuer(`https://login.example/.well-known/${document}`, { audience: "api" });
      expect(make).toThrow(/^trustIssuer takes the issuer's name, .* and not the address of its metadata or keys$/);
    },
  );

  it("takes any name of an issuer whose keys are given", async () => {
    await start();
    const jwks = () => issuer.jwks();
    const profile = trustIssuer("kubernetes/serviceaccount", { audience: "api", jwks, now: clock.now });
    expect(await answerOf(await issuer.mint({ sub: "pod", iss: "kubernetes/serviceaccount" }), profile)).toBe("pod");
  });
});
