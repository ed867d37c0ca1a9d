import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issueToken } from "../../../src/core/token/issue.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { CLAIMS, HEADER, profileOf, reasonFor, SECOND, signed } from "../../support/tokens.ts";

const [ISSUER, API] = ["https://login.example.com", "https://api.example.com"];

/** The profile of RFC 9068: what its §2.2 says must be there, beside what every profile demands. */
const requiredClaims = ["sub", "client_id", "jti"];
const profile = profileOf(undefined, { issuer: ISSUER, audience: API, requiredClaims });
const whole: Readonly<Record<string, unknown>> = {
  ...CLAIMS,
  iss: ISSUER,
  aud: API,
  jti: "token-1",
  client_id: "web",
};

describe("a verifier that follows RFC 9068", () => {
  it("takes a token with all that is demanded, and gives what is optional", async () => {
    const more = {
      auth_time: SECOND - 60,
      acr: "silver",
      amr: ["pwd", "otp"],
      scope: "orders:read orders:write",
      roles: ["admin"],
      groups: ["staff"],
      entitlements: ["parking"],
    };
    const token = signed({ ...whole, ...more });
    expect(await verifyToken(token, profile)).toEqual({ ...whole, ...more });
    const identity = await createGuard({ token: profile }).authenticate(`Bearer ${token}`);
    expect(identity).toMatchObject({
      userId: "user-1",
      scopes: ["orders:read", "orders:write"],
      authenticatedAt: (SECOND - 60) * 1_000,
      methods: ["pwd", "otp"],
      acr: "silver",
      claims: { client_id: "web", roles: ["admin"], groups: ["staff"], entitlements: ["parking"] },
    });
  });

  it.each(["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])("refuses a token without %s", async (name) => {
    const { [name]: _, ...rest } = whole;
    expect(await reasonFor(signed(rest), profile)).toMatch(
      /^invalid_token: (\w+ is missing, expected .*|exp and iat must both be there)$/,
    );
    expect(await reasonFor(signed(whole), profile)).toBe("accepted");
  });

  it.each([null, ""])("takes %j for a claim that is missing", async (value) => {
    expect(await reasonFor(signed({ ...whole, client_id: value }), profile)).toBe(
      `invalid_token: client_id is ${JSON.stringify(value)}, expected a value`,
    );
  });

  it.each(["at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "Application/AT+JWT"])(
    "takes the type %s",
    async (typ) => {
      expect(await reasonFor(signed(whole, { ...HEADER, typ }), profile)).toBe("accepted");
    },
  );

  it.each([
    "JWT",
    "jwt",
    "id+jwt",
    "at",
    "at+jwt ",
    "application/",
    "x/at+jwt",
    "application/application/at+jwt",
    "",
    null,
    1,
    ["at+jwt"],
    undefined,
  ])("refuses the type %j", async (typ) => {
    expect(await reasonFor(signed(whole, { ...HEADER, typ }), profile)).toMatch(
      /^invalid_token: typ is .*, expected "at\+jwt"$/,
    );
  });
});

describe("an issuer that follows RFC 9068", () => {
  it("writes all that is demanded", async () => {
    const token = await issueToken({ sub: "user-1", client_id: "web", scope: "orders:read" }, profile);
    expect(await verifyToken(token, profile)).toEqual({
      iss: ISSUER,
      aud: API,
      sub: "user-1",
      client_id: "web",
      scope: "orders:read",
      iat: SECOND,
      exp: SECOND + 900,
      jti: expect.any(String),
    });
  });

  it.each([
    {},
    { client_id: undefined },
    { client_id: null },
    { client_id: "" },
    { client_id: Number.NaN },
    { client_id() {} },
  ])("issues no token where client_id is not there: %o", async (claims) => {
    await expect(issueToken({ sub: "user-1", ...claims }, profile)).rejects.toThrow(
      /^issueToken: client_id is .+, expected a value$/,
    );
  });

  it("issues none without a user, and none for an issuer or audience that nobody writes", async () => {
    await expect(issueToken({ client_id: "web" }, profile)).rejects.toThrow(/^issueToken: sub is missing/);
    for (const name of ["iss", "aud"]) {
      const strict = profileOf(undefined, { requiredClaims: [name] });
      await expect(issueToken({ sub: "user-1" }, strict)).rejects.toThrow(`issueToken: ${name} is missing`);
    }
  });
});

it("goes together with a schema, whichever claims that names", async () => {
  const shaped = profileOf(undefined, { requiredClaims: ["jti", "client_id"], schema: z.object({}) as never });
  expect(await reasonFor(signed({ ...CLAIMS, jti: "token-1", client_id: "web" }), shaped)).toBe("accepted");
  expect(await reasonFor(signed({ ...CLAIMS, client_id: "web" }), shaped)).toMatch(/: jti is missing/);
  expect(await reasonFor(signed({ ...CLAIMS, jti: "token-1" }), shaped)).toMatch(/: client_id is missing/);
});

it("is asked before a token is remembered", async () => {
  const text = signed(CLAIMS);
  const strict = profileOf(undefined, { requiredClaims: ["x"] });
  for (let time = 0; time < 3; time += 1) expect(await reasonFor(text, strict)).toMatch(/: x is missing/);
});

it.each([[{}], [""], [1], [true], [[]], [[""]], [[1]], [[null]], [["a", undefined]]])(
  "refuses %j for a list of claims",
  (given) => {
    expect(() => profileOf(undefined, { requiredClaims: given as never })).toThrow(
      "requiredClaims must be a non-empty string, or a list of them",
    );
  },
);
