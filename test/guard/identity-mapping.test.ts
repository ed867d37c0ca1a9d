import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import type { IdentityMapping } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { allOf, anyRule, anyScope, scopes, where } from "../../src/guard/rules.ts";
import { sleep } from "../../src/shared/promise.ts";
import { CLAIMS, HEADER, profileOf, signed } from "../support/tokens.ts";

const codeOf = (answer: () => unknown): Promise<unknown> =>
  (async () => answer())().then(
    () => "passes",
    (error) => (isAuthError(error) ? error.code : error),
  );
const read = (identity: IdentityMapping, claims: object) =>
  createGuard({ token: profileOf(undefined, { identity }) }).authenticate(`Bearer ${signed({ ...CLAIMS, ...claims })}`);

describe("a profile's own mapping", () => {
  it.each<[string, (claims: never) => unknown, object]>([
    ["scp", (claims: { scp: unknown }) => claims.scp, { scp: ["read", "write"] }],
    ["scp in a string", (claims: { scp: unknown }) => claims.scp, { scp: "read write" }],
    ["permissions", (claims: { permissions: unknown }) => claims.permissions, { permissions: ["read", "write"] }],
    [
      "realm_access.roles",
      (claims: { realm_access: { roles: unknown } }) => claims.realm_access.roles,
      { realm_access: { roles: ["read", "write"] } },
    ],
    [
      "cognito:groups",
      (claims: { "cognito:groups": unknown }) => claims["cognito:groups"],
      { "cognito:groups": ["read", "write"] },
    ],
  ])("finds the scopes in %s", async (_name, scopes, claims) => {
    expect((await read({ scopes: scopes as never }, claims)).scopes).toEqual(["read", "write"]);
  });

  it("finds none where there is nothing, and refuses what is none", async () => {
    expect((await read({ scopes: () => undefined as never }, {})).scopes).toEqual([]);
    for (const lie of [7, {}, [7], true, Promise.resolve("read")]) {
      expect(await codeOf(() => read({ scopes: () => lie as never }, {}))).toBe("invalid_token");
    }
  });

  it("makes no two scopes of one name that has a space in it, and none of an empty one", async () => {
    const groups = { "cognito:groups": ["not admin", "", "read"] };
    const { scopes } = await read({ scopes: (claims) => claims["cognito:groups"] as string[] }, groups);
    expect(scopes).toEqual(["not admin", "read"]);
    expect(Object.isFrozen(scopes)).toBe(true);
  });

  it("leaves no promise alone that rejects: nobody else would catch it", async () => {
    const later = async () => {
      throw new Error("of the application");
    };
    expect(await codeOf(() => read({ userId: later as never }, {}))).toBe("invalid_token");
    expect(await codeOf(() => read({ scopes: later as never }, {}))).toBe("invalid_token");
    await sleep(5);
  });

  it("finds no time of a proof in a number that is no time", async () => {
    const huge = signed({ ...CLAIMS, auth_time: 1e308 });
    const [one, several] = [bearer(profileOf()), bearer([profileOf(), profileOf(undefined, { issuer: "x" })])];
    for (const credential of [one, several]) {
      const guard = createGuard({ credentials: [credential] });
      expect((await guard.authenticate(`Bearer ${huge}`)).authenticatedAt).toBe(null);
    }
  });

  it("finds a user's id, a number too, and refuses what is none", async () => {
    expect((await read({ userId: ({ id }) => id as never }, { id: 7 })).userId).toBe("7");
    for (const lie of ["", "a\0b", 1.5, Number.NaN, 2 ** 53, null, {}, ["7"], Promise.resolve("7")]) {
      expect(await codeOf(() => read({ userId: () => lie as never }, {}))).toBe("invalid_token");
    }
    const throwing = () => {
      throw new Error("of the application");
    };
    expect(await codeOf(() => read({ userId: throwing }, {}))).toBe("invalid_token");
  });

  it("goes for each typ that a profile takes, and no other", async () => {
    const guard = createGuard({ token: profileOf(undefined, { typ: ["at+jwt", "JWT"] }) });
    const ask = (typ: string) => guard.authenticate(`Bearer ${signed(CLAIMS, { ...HEADER, typ })}`);
    expect(await codeOf(() => ask("at+jwt"))).toBe("passes");
    expect(await codeOf(() => ask("JWT"))).toBe("passes");
    expect(await codeOf(() => ask("reset+jwt"))).toBe("invalid_token");
  });
});

describe("rules, at once and later", async () => {
  const guard = createGuard({ token: profileOf(), requestTimeoutMs: 50, onOutage: () => {} });
  const identity = await guard.authenticate(`Bearer ${signed({ ...CLAIMS, scope: "read" })}`);
  const [yes, no] = [where(() => true), where(() => false)];
  const [later, never] = [where(async () => true), where(async () => false)];
  const broken = where(() => {
    throw new Error("of the application");
  });
  const hangs = where(() => new Promise<boolean>(() => {}));
  const lies = where(() => "true" as never);

  it.each([
    ["yes, later yes", allOf(yes, later), "passes"],
    ["later yes, no", allOf(later, no), "forbidden"],
    ["yes, later no", allOf(yes, never), "forbidden"],
    ["no before what hangs", allOf(no, hangs), "forbidden"],
    ["later yes before what throws", allOf(later, broken), "unavailable"],
    ["one that lies", allOf(lies), "unavailable"],
    ["one that answers", { check: () => false as never }, "unavailable"],
    ["one that answers later", { check: async () => true as never }, "unavailable"],
    ["one that is a thenable", { check: () => ({ then: (done: () => void) => done() }) as never }, "passes"],
    ["one that throws nothing", { check: () => Promise.reject(undefined) }, "unavailable"],
    ["one that hangs", allOf(later, hangs), "unavailable"],
    ["no, or yes", anyRule(no, yes), "passes"],
    ["later no, or later yes", anyRule(never, later), "passes"],
    ["a scope that is missing, or no", anyRule(scopes("write"), no), "insufficient_scope"],
    ["no, or an outage", anyRule(no, broken), "unavailable"],
    ["an outage, or yes", anyRule(broken, yes), "passes"],
    ["one scope of two", anyScope("write", "read"), "passes"],
    ["none of two", anyScope("write", "admin"), "insufficient_scope"],
  ])("%s", async (_name, rule, code) => {
    expect(await codeOf(() => guard.authorize(identity, rule))).toBe(code);
  });

  it("are rules, each of them", () => {
    expect(() => guard.authorize(identity, "read" as never)).toThrow(TypeError);
    expect(() => allOf(yes, "read" as never)).toThrow(TypeError);
    expect(() => anyRule()).toThrow(TypeError);
  });
});
