import { expect, it } from "vitest";
import { formatChallenge } from "../../../src/core/http/challenge.ts";

it.each([
  [{}, "Bearer"],
  [{ realm: "api" }, 'Bearer realm="api"'],
  [{ realm: "a", error: "invalid_token" }, 'Bearer realm="a", error="invalid_token"'],
  [{ realm: 'the "inner" \\ one' }, 'Bearer realm="the \\"inner\\" \\\\ one"'],
  [{ realm: "" }, 'Bearer realm=""'],
])("%j is %s", (params, challenge) => {
  expect(formatChallenge(params)).toBe(challenge);
});

it.each(["a\r\nSet-Cookie: x=1", "a\n", "a\0", "é", "\x7f", "\u2028", "\t"])(
  "no value breaks out of the header: %j",
  (realm) => {
    expect(() => formatChallenge({ realm })).toThrow("formatChallenge: realm must be a string of printable ASCII");
  },
);

it.each([1, null, undefined, {}])("a value is a string, and not %j", (realm) => {
  expect(() => formatChallenge({ realm: realm as unknown as string })).toThrow(/realm must be a string/);
});

it.each(["", "a b", "a=", 'a"', "a\r\n", "é"])("no name but an HTTP token: %j", (name) => {
  expect(() => formatChallenge({ [name]: "x" })).toThrow(/name must be an HTTP token/);
});

it.each([undefined, null, "realm", 1])("parameters are an object, and not %j", (params) => {
  expect(() => formatChallenge(params as never)).toThrow("formatChallenge takes a plain object");
});
