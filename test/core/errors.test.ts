import { describe, expect, it } from "vitest";
import { AuthError, type AuthErrorCode, isAuthError } from "../../src/core/errors.ts";

const TABLE: readonly (readonly [AuthErrorCode, number, string | undefined, string | undefined])[] = [
  ["missing_token", 401, 'Bearer realm="api"', undefined],
  ["invalid_request", 400, 'error="invalid_request"', undefined],
  ["invalid_token", 401, 'error="invalid_token"', undefined],
  ["expired", 401, 'error="invalid_token"', undefined],
  ["revoked", 401, 'error="invalid_token"', undefined],
  ["insufficient_scope", 403, 'error="insufficient_scope"', undefined],
  ["invalid_credentials", 401, 'Bearer realm="api"', undefined],
  ["malformed_credentials", 400, undefined, undefined],
  ["unsupported_media_type", 415, undefined, undefined],
  ["unusable_password", 400, undefined, undefined],
  ["unavailable", 503, undefined, "5"],
  ["overloaded", 503, undefined, "1"],
];

it.each(TABLE)("%s is answered with %i", (code, status, challenge, retryAfter) => {
  const error = new AuthError(code);
  expect(error).toMatchObject({ name: "AuthError", code, status, statusCode: status, expose: status < 500 });
  if (challenge === undefined) expect(error.headers).not.toHaveProperty("WWW-Authenticate");
  else expect(error.headers["WWW-Authenticate"]).toContain(challenge);
  expect(error.headers["Retry-After"]).toBe(retryAfter);
});

it("a realm and the scope that is lacking are in the challenge", () => {
  expect(new AuthError("insufficient_scope", { realm: "shop", scope: "a b" }).headers["WWW-Authenticate"]).toBe(
    'Bearer realm="shop", error="insufficient_scope", error_description="The token lacks a needed scope", scope="a b"',
  );
  expect(new AuthError("missing_token", { realm: "shop" }).headers).toEqual({
    "WWW-Authenticate": 'Bearer realm="shop"',
  });
});

it.each(["invalid-token", "", "toString", undefined, 401])("there is no code %j", (code) => {
  expect(() => new AuthError(code as never)).toThrow(TypeError);
});

it("says what is wrong with a code", () => {
  expect(() => new AuthError("invalid-token" as never)).toThrow("AuthError: no such code");
});

describe("the cause", () => {
  const error = new AuthError("unavailable", { cause: new Error("password=hunter2 at 10.0.0.1") });

  it("is for the developer", () => {
    expect((error.cause as Error).message).toContain("hunter2");
    expect(new AuthError("expired")).not.toHaveProperty("cause");
  });

  it("is in nothing that is sent", () => {
    const sent = [JSON.stringify(error), error.message, String(error), error.stack, JSON.stringify(error.headers)];
    expect(sent.join("")).not.toContain("hunter2");
    expect(JSON.parse(JSON.stringify(error))).toEqual({ error: "unavailable", message: "Try again in a moment" });
  });
});

describe("isAuthError", () => {
  it("knows an error of another copy of this module", async () => {
    const path = "../../src/core/errors.ts?copy";
    const copy = (await import(/* @vite-ignore */ path)) as { AuthError: typeof AuthError };
    expect(copy.AuthError).not.toBe(AuthError);
    expect(isAuthError(new copy.AuthError("expired"))).toBe(true);
  });

  it.each([undefined, null, 0, "AuthError", {}, new Error("x"), { name: "AuthError", code: "expired" }])(
    "says no to %s",
    (value) => {
      expect(isAuthError(value)).toBe(false);
    },
  );
});
