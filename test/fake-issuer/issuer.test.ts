import { createPublicKey, type JsonWebKey } from "node:crypto";
import { networkInterfaces } from "node:os";
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { type Algorithm, createGuard, defineToken, importKey, type JWK } from "../../src/index.ts";
import { createFakeIssuer, type FakeIssuer, type FakeIssuerOptions, frozenClock } from "../../src/testing.ts";
import { partOf } from "../support/thorough.ts";

async function using<T>(options: FakeIssuerOptions, use: (issuer: FakeIssuer) => Promise<T>): Promise<T> {
  const issuer = await createFakeIssuer(options);
  try {
    return await use(issuer);
  } finally {
    await issuer[Symbol.asyncDispose]();
  }
}

const read = async (url: string): Promise<Record<string, unknown>> => (await fetch(url)).json() as never;

describe("the documents of an issuer", () => {
  it.each([
    ["", "", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"],
    ["/", "/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"],
    [
      "/realms/shop",
      "/realms/shop",
      "/realms/shop/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server/realms/shop",
    ],
    ["/v2.0/", "/v2.0/", "/v2.0/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/v2.0"],
  ])("with the path %j are where the two standards have them", async (path, end, openid, oauth) => {
    await using({ path }, async (issuer) => {
      const { origin } = new URL(issuer.jwksUri);
      expect(issuer.issuer).toBe(`${origin}${end}`);
      const [first, second] = [await read(`${origin}${openid}`), await read(`${origin}${oauth}`)];
      expect(first).toEqual(second);
      expect(first).toMatchObject({
        issuer: issuer.issuer,
        jwks_uri: issuer.jwksUri,
        token_endpoint: `${origin}${end.replace(/\/$/, "")}/token`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      });
      expect(await read(issuer.jwksUri)).toEqual(issuer.jwks());
      expect([issuer.count("openid"), issuer.count("oauth"), issuer.count("jwks"), issuer.count()]).toEqual([
        1, 1, 1, 3,
      ]);
      const { length } = issuer.requests;
      if (path.length > 1) expect((await fetch(`${origin}/.well-known/openid-configuration`)).status).toBe(404);
      expect(issuer.requests.length).toBe(path.length > 1 ? length + 1 : length);
    });
  });

  it("name another issuer when they lie, and the same place", async () => {
    await using({ path: "/realms/shop" }, async (issuer) => {
      const right = await read(`${issuer.issuer}/.well-known/openid-configuration`);
      await issuer.behave("wrong-issuer");
      const wrong = await read(`${issuer.issuer}/.well-known/openid-configuration`);
      expect(wrong).toEqual({ ...right, issuer: "https://wrong-issuer.example" });
      expect(await read(issuer.jwksUri)).toEqual(issuer.jwks());
    });
  });

  it("have the headers and the members that were asked for", async () => {
    const headers = { "cache-control": "max-age=60" };
    await using({ headers, metadata: { jwks_uri: "http://[::1]/", acr: ["mfa"] } }, async (issuer) => {
      const response = await fetch(`${issuer.issuer}/.well-known/openid-configuration`);
      expect([response.headers.get("cache-control"), response.headers.get("content-type")]).toEqual([
        "max-age=60",
        "application/json",
      ]);
      expect(await response.json()).toMatchObject({ jwks_uri: "http://[::1]/", acr: ["mfa"] });
    });
  });

  it("are served to nobody outside this machine", async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((it) => it?.internal === false && it.family === "IPv4")?.address;
    if (outside === undefined) return;
    await using({}, async ({ jwksUri, count }) => {
      await expect(fetch(jwksUri.replace("127.0.0.1", outside))).rejects.toThrow("fetch failed");
      expect(count()).toBe(0);
    });
  });
});

describe("mint", () => {
  it("issues what a guard lets through", async () => {
    const audience = "https://api.example.com";
    await using({ audience }, async (issuer) => {
      const keys = await importKey(issuer.jwks().keys[0] as JWK);
      const guard = createGuard({ token: defineToken({ keys, issuer: issuer.issuer, audience }) });
      const identity = await guard.authenticateToken(await issuer.mint({ sub: "user-1", scope: "orders:read" }));
      expect([identity.userId, identity.scopes]).toEqual(["user-1", ["orders:read"]]);
    });
  });

  it("writes what an issuer writes, by its clock", async () => {
    const clock = frozenClock("2030-01-01T00:00:00Z");
    await using({ now: clock.now }, async (issuer) => {
      const token = await issuer.mint({ sub: "user-1" });
      const now = clock.now() / 1_000;
      expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", kid: "key-1", typ: "at+jwt" });
      const { jti, ...claims } = decodeJwt(token);
      expect(claims).toEqual({ iss: issuer.issuer, iat: now, exp: now + 900, sub: "user-1" });
      expect(jti).toMatch(/^[\da-f-]{36}$/);
      const at = new Date(Date.UTC(2020, 0, 1));
      expect(decodeJwt(await issuer.mint({}, { at, expiresIn: "1h" }))).toMatchObject({
        iat: +at / 1_000,
        exp: +at / 1_000 + 3_600,
      });
    });
  });

  it("writes and leaves out whatever a test asks for", async () => {
    await using({ audience: ["a", "b"] }, async (issuer) => {
      const claims = { iss: "https://other.example", iat: undefined, jti: undefined, exp: "never" };
      const token = await issuer.mint(claims, { typ: null, header: { kid: undefined, crit: ["b64"] } });
      expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", crit: ["b64"] });
      expect(decodeJwt(token)).toEqual({ iss: "https://other.example", aud: ["a", "b"], exp: "never" });
      expect(decodeProtectedHeader(await issuer.mint({}, { typ: "JWT" })).typ).toBe("JWT");
    });
  });

  /** Each hash and each padding; to make a key for one takes a tenth of a second. */
  const RSA = partOf<Algorithm>(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], 0, 2);

  it.each<Algorithm>([...RSA, "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512"])(
    "signs by %s what jose verifies with the set",
    async (algorithm) => {
      await using({ algorithm }, async (issuer) => {
        const keys = createLocalJWKSet(issuer.jwks() as never);
        const { protectedHeader } = await jwtVerify(
          await issuer.mint({}),
          algorithm.startsWith("HS") ? oct(issuer) : keys,
        );
        expect(protectedHeader.alg).toBe(algorithm);
      });
    },
  );

  const oct = (issuer: FakeIssuer): Uint8Array => Buffer.from(issuer.jwks().keys[0]?.k as string, "base64url");

  it("signs with the key that is named, by kid or algorithm, and with the current one else", async () => {
    await using({}, async (issuer) => {
      expect(await issuer.addKey("Ed25519")).toBe("key-2");
      expect(await issuer.addKey("ES256", { kid: "named" })).toBe("named");
      const headerOf = async (options?: object) => {
        const { alg, kid } = decodeProtectedHeader(await issuer.mint({}, options));
        return `${alg} ${kid}`;
      };
      expect(await headerOf()).toBe("ES256 key-1");
      expect(await headerOf({ alg: "Ed25519" })).toBe("Ed25519 key-2");
      expect(await headerOf({ kid: "named" })).toBe("ES256 named");
      expect(await headerOf({ alg: "ES256" })).toBe("ES256 key-1");
      await issuer.addKey("Ed25519", { kid: "named" });
      expect(await headerOf({ kid: "named", alg: "ES256" })).toBe("ES256 named");
      expect(await headerOf({ kid: "named" })).toBe("Ed25519 named");
      expect(await headerOf({ header: { kid: "unknown" } })).toBe("ES256 unknown");
    });
  });

  it.each([
    [null, {}, /mint takes the claims as a plain object/],
    [[], {}, /mint takes the claims as a plain object/],
    [{}, { misspelt: 1 }, /there is no option "misspelt"/],
    [{}, { typ: "" }, /typ must be a non-empty string/],
    [{}, { header: "kid" }, /header must be a plain object/],
    [{}, { expiresIn: 0 }, /expiresIn must be/],
    [{}, { at: new Date(Number.NaN) }, /at must be a valid Date/],
    [{}, { at: "2030-01-01" }, /at must be a valid Date/],
    [{}, { kid: "unknown" }, /signs with kid "unknown" and alg of any name; add one with addKey/],
    [{}, { alg: "RS256" }, /signs with kid of any name and alg "RS256"/],
  ])("refuses %j with %j", async (claims, options, message) => {
    await using({}, async ({ mint }) => {
      await expect(mint(claims as never, options as never)).rejects.toThrow(message);
    });
  });
});

describe("the keys of an issuer", () => {
  it("rotate: the next one signs, and the one before it goes on to verify until it is removed", async () => {
    await using({ algorithm: "Ed25519" }, async (issuer) => {
      const old = await issuer.mint({ sub: "old" });
      expect(await issuer.rotate()).toBe("key-2");
      expect(issuer.jwks().keys.map(({ kid, alg }) => `${kid} ${alg}`)).toEqual(["key-1 Ed25519", "key-2 Ed25519"]);
      expect(decodeProtectedHeader(await issuer.mint({})).kid).toBe("key-2");
      await compactVerify(old, createLocalJWKSet(issuer.jwks() as never));
      issuer.removeKey("key-1");
      await expect(compactVerify(old, createLocalJWKSet(issuer.jwks() as never))).rejects.toThrow("no applicable key");
      await issuer.addKey("ES256");
      issuer.removeKey("key-2");
      expect(decodeProtectedHeader(await issuer.mint({})).kid).toBe("key-3");
      issuer.removeKey("key-3");
      expect(issuer.jwks()).toEqual({ keys: [] });
      await expect(issuer.mint({})).rejects.toThrow("no key of this issuer signs");
      expect(await issuer.rotate()).toBe("key-4");
      expect(issuer.jwks().keys[0]?.alg).toBe("Ed25519");
      expect(() => issuer.removeKey("key-9")).toThrow('no key with kid "key-9"');
    });
  });

  it("are public halves alone, but where a test asks for more", async () => {
    await using({}, async (issuer) => {
      await issuer.addKey("RS256", { isPrivate: true, bits: 1_024 });
      await issuer.addKey("HS256");
      const [first, second, third] = issuer.jwks().keys;
      expect(Object.keys(first ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
      expect(second).toMatchObject({ d: expect.any(String), p: expect.any(String) });
      expect(third).toMatchObject({ kty: "oct", k: expect.any(String) });
      const token = await issuer.mint({}, { alg: "HS256" });
      await compactVerify(token, Buffer.from(third?.k as string, "base64url"));
    });
  });

  it("are as unusable as a test needs them", async () => {
    await using({}, async (issuer) => {
      await issuer.addKey("RS256", { bits: 1_024, kid: "weak" });
      await issuer.addKey("ES256", { members: { use: "enc", alg: undefined } });
      const strange = { kty: "tomorrow", kid: "key-9", x: 1 };
      expect([await issuer.addKey(strange), await issuer.addKey({ kty: "nameless" })]).toEqual(["key-9", "key-5"]);
      const [, weak, other, ...rest] = ((await read(issuer.jwksUri)) as { keys: JWK[] }).keys;
      expect(createPublicKey({ key: weak as JsonWebKey, format: "jwk" }).asymmetricKeyDetails?.modulusLength).toBe(
        1_024,
      );
      await expect(importKey(weak as JWK)).rejects.toThrow("1024 bits");
      expect([other?.use, other && "alg" in other]).toEqual(["enc", false]);
      expect(rest).toEqual([strange, { kty: "nameless" }]);
      await expect(issuer.mint({}, { kid: "key-9" })).rejects.toThrow("no key of this issuer signs");
      expect(decodeProtectedHeader(await issuer.mint({}, { kid: "weak" })).alg).toBe("RS256");
      issuer.removeKey("key-5");
      expect(issuer.jwks().keys.length).toBe(4);
    });
  });

  it("may share a kid", async () => {
    await using({}, async (issuer) => {
      await issuer.addKey("ES256", { kid: "key-1" });
      expect(issuer.jwks().keys.map(({ kid }) => kid)).toEqual(["key-1", "key-1"]);
      issuer.removeKey("key-1");
      expect(issuer.jwks().keys).toEqual([]);
    });
  });

  it("are the issuer's own: nobody changes the set from outside", async () => {
    await using({}, async (issuer) => {
      const given = { kty: "tomorrow", kid: "key-9" };
      await issuer.addKey(given);
      given.kty = "yesterday";
      for (const jwk of issuer.jwks().keys) delete jwk.kid;
      expect(issuer.jwks().keys.map(({ kid, kty }) => `${kid} ${kty}`)).toEqual(["key-1 EC", "key-9 tomorrow"]);
    });
  });

  it.each([
    ["none", {}, /addKey takes the name of a signature algorithm, or a JWK/],
    [undefined, {}, /addKey takes the name of a signature algorithm/],
    ["ES256", { misspelt: 1 }, /there is no option "misspelt"/],
    ["ES256", { kid: "" }, /kid must be a non-empty string/],
    ["RS256", { bits: 100 }, /bits must be a whole number from 512 to 16384/],
    ["ES256", { isPrivate: 1 }, /isPrivate must be true or false/],
    ["ES256", { members: 1 }, /members must be a plain object/],
    [{ kty: "x" }, { kid: "a" }, /a JWK is published as it is/],
  ])("are not added from %j with %j", async (key, options, message) => {
    await using({}, async (issuer) => {
      await expect(issuer.addKey(key as never, options as never)).rejects.toThrow(message);
      expect(issuer.jwks().keys.length).toBe(1);
    });
  });
});

describe("createFakeIssuer", () => {
  it.each([
    [{ misspelt: 1 }, /there is no option "misspelt"/],
    [{ path: "realms" }, /path must be like "\/realms\/shop"/],
    [{ path: "/a?b" }, /path must be like/],
    [{ path: 1 }, /path must be like/],
    [{ path: undefined }, /path is undefined/],
    [{ algorithm: "none" }, /takes the name of a signature algorithm/],
    [{ headers: { "cache-control": 60 } }, /headers must be a plain object with a string/],
    [{ metadata: [] }, /metadata must be a plain object/],
    [{ now: 5 }, /now must be a function/],
    [{ audience: 5 }, /audience must be a non-empty string, or a list of them/],
    [{ audience: [""] }, /audience must be a non-empty string, or a list of them/],
  ])("refuses %j", async (options, message) => {
    await expect(createFakeIssuer(options as never)).rejects.toThrow(message);
  });

  it("gives each issuer a port of its own, and frees it", async () => {
    const issuers = await Promise.all([createFakeIssuer(), createFakeIssuer(), createFakeIssuer()]);
    expect(new Set(issuers.map(({ issuer }) => issuer)).size).toBe(3);
    for (const { issuer } of issuers) expect(issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await issuers[0]?.behave("redirect-away");
    const { url: elsewhere } = await fetch(issuers[0]?.jwksUri as string);
    await Promise.all(issuers.map((it) => it.close()));
    const urls = [elsewhere, ...issuers.map(({ jwksUri }) => jwksUri)];
    expect(new Set(urls).size).toBe(4);
    for (const url of urls) await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("closes while a client waits", async () => {
    const issuer = await createFakeIssuer();
    await issuer.behave("hanging");
    const waiting = fetch(issuer.jwksUri);
    while (issuer.count() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([issuer.close(), expect(waiting).rejects.toThrow("fetch failed")]);
  });
});
