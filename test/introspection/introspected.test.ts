import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AuthError } from "../../src/core/errors.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { introspected } from "../../src/introspection/credential.ts";
import { codeOf } from "../support/flow.ts";
import { NOW, profileOf, SECOND } from "../support/tokens.ts";
import { AUDIENCE, deskOf, FakeEndpoint, GOOD } from "./endpoint.ts";

const endpoint = new FakeEndpoint();
beforeAll(() => endpoint.start());
afterAll(() => endpoint.stop());
beforeEach(() => {
  endpoint.asked.length = 0;
  endpoint.tokens.clear();
  endpoint.tokens.set("good", GOOD);
});

/** What becomes of a token of which the endpoint says something. */
async function judge(answer: object, options = {}): Promise<unknown> {
  endpoint.tokens.set("it", { ...GOOD, ...answer });
  return codeOf(deskOf(endpoint, options).guard.authenticate("Bearer it"));
}

/** Why a token was refused, for the developer. */
async function reasonOf(answer: object, options = {}): Promise<string> {
  endpoint.tokens.set("it", { ...GOOD, ...answer });
  const error = await deskOf(endpoint, options)
    .guard.authenticate("Bearer it")
    .catch((it: AuthError) => it);
  return String(((error as AuthError).cause as Error).message);
}

describe("a token that the endpoint knows", () => {
  it("gives an identity, and its claims are the answer", async () => {
    const { guard, credential } = deskOf(endpoint);
    const identity = await guard.authenticate({ method: "GET", headers: { authorization: "bearer  good" } });
    expect(identity).toMatchObject({
      userId: "user-1",
      scopes: ["read", "write"],
      sid: null,
      credential: "introspected",
    });
    expect(identity.claims).toEqual(GOOD);
    expect(Object.isFrozen(identity.claims)).toBe(true);
    expect((await guard.authenticateToken("good")).userId).toBe("user-1");
    expect(credential.stats()).toEqual({ calls: 1, failures: 0, hits: 1, misses: 1 });
  });

  it("is asked about by POST, with the client's secret, and a form", async () => {
    const client = { id: "a:b c", secret: "se+cr%t/é" };
    await deskOf(endpoint, { client }).guard.authenticate("Bearer good");
    const [{ headers, body } = { headers: {}, body: "" }] = endpoint.asked;
    expect(body).toBe("token=good&token_type_hint=access_token");
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(headers.accept).toBe("application/json");
    const [, encoded = ""] = headers.authorization?.split(" ") ?? [];
    expect(Buffer.from(encoded, "base64").toString()).toBe("a%3Ab+c:se%2Bcr%25t%2F%C3%A9");
  });

  it.each([
    [{ active: false }, "invalid_token"],
    [{ aud: "https://other.example" }, "invalid_token"],
    [{ aud: undefined }, "invalid_token"],
    [{ aud: [] }, "invalid_token"],
    [{ aud: ["https://other.example", AUDIENCE] }, "ok"],
    [{ exp: SECOND }, "expired"],
    [{ exp: SECOND + 1 }, "ok"],
    [{ exp: undefined, iat: undefined }, "ok"],
    [{ nbf: SECOND + 1 }, "invalid_token"],
    [{ nbf: SECOND }, "ok"],
    [{ token_type: "DPoP" }, "invalid_token"],
    [{ token_type: ["Bearer"] }, "invalid_token"],
    [{ token_type: "bearer" }, "ok"],
    [{ token_type: undefined }, "ok"],
    [{ cnf: { jkt: "x" } }, "invalid_token"],
    [{ cnf: null }, "invalid_token"],
    [{ typ: "Refresh" }, "invalid_token"],
    [{ token_use: "refresh_token" }, "invalid_token"],
    [{ token_use: "access_token", typ: "Bearer" }, "ok"],
    [{ sub: undefined }, "invalid_token"],
    [{ scope: ["read"] }, "invalid_token"],
    [{ scope: undefined }, "ok"],
  ])("and says %j of is %s", async (answer, code) => {
    expect(await judge(answer)).toBe(code);
  });

  it.each([
    [{ aud: "https://other.example" }, { audience: null }, "ok"],
    [{ aud: "b" }, { audience: ["a", "b"] }, "ok"],
    [{}, { issuer: "https://issuer.example" }, "ok"],
    [{}, { issuer: "https://issuer.example/" }, "invalid_token"],
    [{ iss: undefined }, { issuer: "https://issuer.example" }, "invalid_token"],
    [{ exp: SECOND - 5 }, { clockTolerance: 6 }, "ok"],
    [{ nbf: SECOND + 5 }, { clockTolerance: 5 }, "ok"],
    [{ sub: undefined }, { identity: { userId: ({ client_id }: Record<string, unknown>) => client_id } }, "ok"],
  ])("%j with the options %j is %s", async (answer, options, code) => {
    expect(await judge(answer, options)).toBe(code);
  });

  it("tells the developer which check refused it, and not what the token is", async () => {
    expect(await reasonOf({ active: false })).toContain("not active");
    expect(await reasonOf({ aud: "x" })).toContain("aud is");
    expect(await reasonOf({ exp: SECOND })).toContain("exp is");
    expect(await reasonOf({ cnf: {} })).toContain("cnf");
  });

  it("is looked up in the guard's blocklist too, by its jti and its user", async () => {
    const { guard, blocklist, clock } = deskOf(endpoint);
    endpoint.tokens.set("named", { ...GOOD, jti: "token-7" });
    endpoint.tokens.set("undated", { ...GOOD, sub: "user-2", iat: undefined });
    const later = new Date(clock.now + 900_000);
    for (const token of ["good", "named", "undated"]) expect(await codeOf(guard.authenticateToken(token))).toBe("ok");
    await blocklist.revokeToken("token-7", later, "user-1");
    expect(await codeOf(guard.authenticateToken("named"))).toBe("revoked");
    expect(await codeOf(guard.authenticateToken("good"))).toBe("ok");
    await blocklist.revokeUser("user-1", new Date(clock.now), later);
    expect(await codeOf(guard.authenticateToken("good"))).toBe("revoked");
    await blocklist.revokeUser("user-2", new Date(clock.now), later);
    expect(await codeOf(guard.authenticateToken("undated"))).toBe("revoked");
  });
});

describe("what can't be a token", () => {
  it.each([
    ["Bearer good good", "invalid_request"],
    ["Bearer goo\u00e9", "invalid_request"],
    ["Bearer a=b", "invalid_request"],
    [`Bearer ${"a".repeat(8_193)}`, "invalid_token"],
    [`Bearer ${"a".repeat(10_000_000)}`, "invalid_token"],
    ["Bearer", "invalid_request"],
    ["Basic Z29vZDo=", "missing_token"],
    [null, "missing_token"],
  ])("costs no call: %.30s", async (header, code) => {
    const { guard } = deskOf(endpoint);
    expect(await codeOf(guard.authenticate(header))).toBe(code);
    expect(endpoint.asked).toEqual([]);
  });

  it.each([undefined, 7, {}, ["good"], Symbol("x")])("%o is no token either", async (token) => {
    const { guard } = deskOf(endpoint);
    expect(["missing_token", "invalid_request"]).toContain(await codeOf(guard.authenticateToken(token)));
    expect(endpoint.asked).toEqual([]);
  });
});

describe("beside another credential", () => {
  const optionsOf = () =>
    ({ endpoint: endpoint.url, client: { id: "o", secret: "s" }, audience: AUDIENCE, cacheFor: 0 }) as const;

  it("takes the tokens that takes says are its own", async () => {
    const token = profileOf();
    const opaque = introspected({
      endpoint: endpoint.url,
      client: { id: "orders", secret: "s3cret" },
      audience: AUDIENCE,
      cacheFor: 0,
      takes: (it) => !it.includes("."),
      now: () => NOW,
    });
    const guard = createGuard({ credentials: [bearer(token), opaque] });
    const jwt = await issueToken({ sub: "user-9" }, token);
    expect(await guard.authenticate(`Bearer ${jwt}`)).toMatchObject({ userId: "user-9", credential: "bearer" });
    expect(endpoint.asked).toEqual([]);
    expect(await guard.authenticate("Bearer good")).toMatchObject({ userId: "user-1", credential: "introspected" });
  });

  it.each<readonly [string, () => unknown]>([
    ["undefined", () => undefined],
    ["1", () => 1],
    ["a text", () => "yes"],
    ["a promise", async () => true],
    ["a promise that rejects", () => Promise.reject(new Error("x"))],
  ])("is down where takes answers %s: nobody knows whose the token is", async (_what, verdict) => {
    const options = optionsOf();
    const guard = createGuard({ credentials: [introspected({ ...options, takes: verdict as never })] });
    for (const method of ["authenticate", "authenticateOptional"] as const) {
      await expect(guard[method]("Bearer good")).rejects.toMatchObject({
        code: "unavailable",
        cause: { message: "introspected: takes must answer true or false, and not a promise" },
      });
    }
  });

  it("of its own kind has another name", async () => {
    const options = optionsOf();
    const one = introspected({ ...options, takes: (it) => it.startsWith("a_") });
    expect(() => createGuard({ credentials: [one, introspected(options)] })).toThrow(/same name/);
    const other = introspected({ ...options, name: "partner" });
    expect(createGuard({ credentials: [one, other] })).toBeDefined();
    expect(other.name).toBe("partner");
  });
});

describe("options", () => {
  const whole = { endpoint: "https://x.example/", client: { id: "a", secret: "b" }, audience: "x", cacheFor: "30s" };
  it.each([
    [{ endpoint: "http://issuer.example/introspect" }, /endpoint must be https/],
    [{ endpoint: "nonsense" }, /endpoint must be an absolute URL/],
    [{ endpoint: "https://a:b@issuer.example/" }, /without a user's name/],
    [{ client: { id: "orders" } }, /client.secret must be a non-empty string/],
    [{ client: { id: "orders", secret: undefined } }, /secret is undefined/],
    [{ client: { id: "orders", secret: "s", password: "x" } }, /there is no option "password"/],
    [{ client: "orders:secret" }, /introspected: client takes a plain object/],
    [{ audience: "" }, /audience must be/],
    [{ audience: [] }, /audience must be/],
    [{ issuer: "" }, /issuer must be/],
    [{ cacheFor: -1 }, /cacheFor must be/],
    [{ cacheFor: "soon" }, /cacheFor must be/],
    [{ cacheFor: Number.NaN }, /cacheFor must be/],
    [{ timeoutMs: 0 }, /timeoutMs must be/],
    [{ maxConcurrent: 0 }, /maxConcurrent must be/],
    [{ fetch: "fetch" }, /fetch must be a function/],
    [{ takes: /x/ }, /takes must be a function/],
    [{ name: "" }, /name must be/],
    [{ now: 7 }, /now must be a function/],
    [{ identity: { user: () => "x" } }, /introspected: identity: there is no option "user"/],
    [{ clockTolerance: 1.5 }, /clockTolerance must be/],
  ])("%j are refused when it is built", (change, message) => {
    expect(() => introspected({ ...whole, ...change } as never)).toThrow(message);
    expect(() => introspected({ ...whole, ...change } as never)).toThrow(TypeError);
  });

  it.each(["endpoint", "client", "audience", "cacheFor"])("%s must be given", (name) => {
    expect(() => introspected({ ...whole, [name]: undefined } as never)).toThrow(`${name} is undefined`);
    const { [name as "endpoint"]: _left, ...others } = whole;
    expect(() => introspected(others as never)).toThrow(TypeError);
  });
});
