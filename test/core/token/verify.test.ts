import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isAuthError } from "../../../src/core/errors.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { type KeySource, SOURCE } from "../../../src/core/keys/source.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import type { ClaimsSchema } from "../../../src/core/token/schema.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { MEGABYTES } from "../../support/megabytes.ts";
import { CLAIMS, NOW, profileOf, reasonFor, SECOND, SECRET, signed } from "../../support/tokens.ts";

const base = { keys: secretKey(SECRET), issuer: null, audience: null, now: () => NOW };

describe("claims without a schema", () => {
  it("are all there", async () => {
    const claims = { ...CLAIMS, roles: ["a"], nested: { x: null }, scope: "a b" };
    expect(await verifyToken(signed(claims), profileOf())).toEqual(claims);
  });
});

describe.each([
  ["zod", z.object({ tenant: z.string(), level: z.coerce.number().default(1) })],
  ["valibot", v.object({ tenant: v.string(), level: v.optional(v.pipe(v.unknown(), v.transform(Number)), 1) })],
])("a schema of %s", (_name, claims) => {
  const profile = defineToken({
    ...base,
    schema: claims as ClaimsSchema<{ tenant: string; level?: unknown }, { tenant: string; level: number }>,
  });

  it("validates on both sides, and gives its output", async () => {
    const token = await issueToken({ sub: "user-1", scope: "read", tenant: "north" }, profile);
    expect(decodeToken(token).claims).not.toHaveProperty("level");
    const { jti, ...verified } = await verifyToken(token, profile);
    expect(jti).toBeDefined();
    const checked = { sub: "user-1", scope: "read", iat: SECOND, exp: SECOND + 900 };
    expect(verified).toEqual({ ...checked, tenant: "north", level: 1 });
  });

  it("signs what was given, and not what the schema made of it", async () => {
    const token = await issueToken({ tenant: "north", level: "7" }, profile);
    expect(decodeToken(token).claims.level).toBe("7");
    expect((await verifyToken(token, profile)).level).toBe(7);
  });

  it("refuses to issue what does not fit, and says where", async () => {
    const issued = issueToken({ tenant: 1 as unknown as string }, profile);
    await expect(issued).rejects.toThrow("issueToken: the claims don't fit the profile's schema at: tenant");
  });

  it("refuses a token that does not fit, and says where to the developer alone", async () => {
    const error: unknown = await verifyToken(signed({ ...CLAIMS, tenant: 4711 }), profile).catch((caught) => caught);
    expect(isAuthError(error) && error.code).toBe("invalid_token");
    expect(String((error as Error).cause)).toContain("the claims don't fit the profile's schema at: tenant");
    expect(JSON.stringify(error)).not.toContain("tenant");
    expect(String((error as Error).cause)).not.toContain("4711");
  });
});

describe("a schema", () => {
  const schemaOf = (validate: (value: unknown) => unknown): ClaimsSchema =>
    ({ "~standard": { version: 1, vendor: "test", validate } }) as ClaimsSchema;
  const verified = (validate: (value: unknown) => unknown): Promise<unknown> =>
    verifyToken(signed({ ...CLAIMS, iss: "me" }), defineToken({ ...base, schema: schemaOf(validate) }));

  it("sees what the application gives, and not what the profile checks", async () => {
    let seen: unknown;
    await verified((value) => {
      seen = value;
      return { value };
    });
    expect(seen).toEqual({ sub: "user-1" });
  });

  it("can't write over what the profile checked", async () => {
    const claims = await verified(() => ({ value: { iss: "you", exp: 1, iat: 1, jti: "x", aud: "x", sub: "user-2" } }));
    expect(claims).toEqual({ ...CLAIMS, iss: "me", sub: "user-2" });
  });

  it("may take its time", async () => {
    expect(await verified(async () => ({ value: { sub: "later" } }))).toMatchObject({ sub: "later" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
      /schema threw/,
    ],
    ["rejects", () => Promise.reject(new Error("boo")), /schema threw/],
    ["answers nothing", () => undefined, /schema threw/],
    ["answers no object", () => ({ value: "x" }), /must answer with an object/],
    ["answers a list", () => ({ value: [] }), /must answer with an object/],
    ["answers null", () => ({ value: null }), /must answer with an object/],
  ])("that %s is the application's mistake, and not the token's", async (_how, validate, why) => {
    await expect(verified(validate)).rejects.toThrow(why);
    await expect(verified(validate)).rejects.toBeInstanceOf(TypeError);
  });

  it.each([
    [[{ message: "m" }], "(the claims)"],
    [[{ message: "m", path: [] }], "(the claims)"],
    [
      [
        { message: "m", path: ["a", 0, { key: "b" }] },
        { message: "n", path: [Symbol("s")] },
      ],
      "a.0.b, Symbol(s)",
    ],
  ])("tells where: %o", async (issues, where) => {
    const error: unknown = await verified(() => ({ issues })).catch((caught) => caught);
    expect(String((error as Error).cause)).toBe(`Error: the claims don't fit the profile's schema at: ${where}`);
  });

  it("is not asked about a token that was not signed", async () => {
    let asked = 0;
    const claims = schemaOf((value) => {
      asked += 1;
      return { value };
    });
    const forged = signed(CLAIMS, undefined, "another secret of thirty-two bytes");
    await reasonFor(forged, defineToken({ ...base, schema: claims }));
    await reasonFor(signed({ ...CLAIMS, exp: 1 }), defineToken({ ...base, schema: claims }));
    expect(asked).toBe(0);
  });
});

describe("decodeToken", () => {
  it("reads what nobody vouches for", () => {
    expect(decodeToken(signed(CLAIMS, undefined, "x"))).toEqual({
      header: { alg: "HS256", typ: "at+jwt" },
      claims: CLAIMS,
    });
  });

  it.each(["", "a.b", "a.b.c", "eyJ9.eyJ9.AAAA", undefined, null, 1, {}, "a".repeat(MEGABYTES)])(
    "refuses %s",
    (token) => {
      try {
        decodeToken(token as string);
        expect.unreachable();
      } catch (error) {
        expect(isAuthError(error) && error.code).toBe("invalid_token");
      }
    },
  );
});

it("a source that has waited for keys, and has none after all, refuses", async () => {
  const source: KeySource = {
    read: () => null,
    remote: {
      wait: async () => {},
      find: async (_alg, refuse, attempt) => attempt() ?? Promise.reject(refuse()),
    },
  };
  const profile = profileOf({ [SOURCE]: source } as never);
  expect(await reasonFor(signed(), profile)).toMatch(/^invalid_token: alg is "HS256"/);
});
