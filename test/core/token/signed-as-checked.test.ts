import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { OpenClaims } from "../../../src/core/token/claims.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import type { ClaimsSchema } from "../../../src/core/token/schema.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { profileOf } from "../../support/tokens.ts";

const shaped = (schema: unknown) => profileOf(undefined, { schema } as object);
const issue = (claims: OpenClaims, schema: unknown): Promise<string> => issueToken(claims, shaped(schema));
const schemaOf = (validate: (value: unknown) => unknown): ClaimsSchema =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as ClaimsSchema;
const admin = z.object({ user: z.object({ role: z.literal("reader") }) });

describe("with a schema, what was checked is signed", () => {
  it("though a nested getter says something else each time", async () => {
    let reads = 0;
    const user = {
      get role() {
        reads += 1;
        return reads === 1 ? "reader" : "admin";
      },
    };
    const token = await issue({ user }, admin);
    expect(decodeToken(token).claims.user).toEqual({ role: "reader" });
    expect(reads).toBe(1);
  });

  it("though a nested toJSON makes something else of it", async () => {
    const user = { role: "reader", toJSON: () => ({ role: "admin" }) };
    await expect(issue({ user }, admin)).rejects.toThrow(/don't fit the profile's schema at: user.role/);
  });

  it("though the claims change while the schema takes its time", async () => {
    const user = { role: "reader" };
    const slow = schemaOf(async (value) => {
      user.role = "admin";
      return { value };
    });
    expect(decodeToken(await issue({ user }, slow)).claims.user).toEqual({ role: "reader" });
  });

  it("though the schema changes what it is given", async () => {
    const mutating = schemaOf((value) => {
      Object.assign(value as object, { sub: "user-2" });
      return { value };
    });
    expect(decodeToken(await issue({ sub: "user-1" }, mutating)).claims.sub).toBe("user-1");
    const deeper = schemaOf((value) => {
      Object.assign((value as { user: object }).user, { role: "admin" });
      return { value };
    });
    await expect(issue({ user: { role: "reader" } }, deeper)).rejects.toThrow(/schema threw/);
  });

  it("as a verifier will see it", async () => {
    const until = new Date("2030-01-01T00:00:00Z");
    await expect(issue({ until }, z.object({ until: z.date() }))).rejects.toThrow(/schema at: until/);
    const profile = shaped(z.object({ until: z.coerce.date(), gone: z.undefined().optional() }));
    const token = await issueToken({ until, gone: undefined }, profile);
    expect(await verifyToken(token, profile)).toMatchObject({ until });
  });
});

describe("what is signed, the verifier and the guard accept", () => {
  const profile = profileOf();
  const guard = createGuard({ token: profile });

  it.each([
    { sub: "user-1" },
    { sub: "\0\ud800" },
    { sub: "x", scope: "" },
    { sub: "x", scope: " read  write " },
    { sub: "x", scope: "!#[]~" },
    { sub: "x", nbf: -1 },
    { sub: "x", sid: "s", nbf: 0.5 },
    { sub: "x", scope: undefined, sid: undefined, nbf: undefined },
  ])("%j", async (claims) => {
    const token = await issueToken(claims as OpenClaims, profile);
    expect((await guard.authenticate(`Bearer ${token}`)).userId).toBe(claims.sub);
  });

  it("an nbf that the profile's maxAge ends before is not signed", async () => {
    const short = profileOf(undefined, { maxAge: "1m" });
    const nbf = short.now() / 1_000 + 60;
    await expect(issueToken({ nbf }, short)).rejects.toThrow(/before it begins/);
    expect(await issueToken({ nbf: nbf - 1 }, short)).toMatch(/^ey/);
  });
});
