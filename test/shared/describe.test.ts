import { expect, it } from "vitest";
import { describeExpected, describeValue } from "../../src/shared/describe.ts";

it.each<readonly [unknown, string]>([
  [undefined, "missing"],
  [null, "null"],
  [4711, "4711"],
  [Number.NaN, "NaN"],
  [true, "true"],
  ["a \"b\" \\ 'c'", '"a \\"b\\" \\\\ \'c\'"'],
  ["\n\u2028é\u007f", '"\\n\\u2028\\u00e9\\u007f"'],
  ["x".repeat(200), `"${"x".repeat(128)}..."`],
  [[], "[]"],
  [["a", "b"], '["a", "b"]'],
  [["a", 1], "a list"],
  [{ secret: "x" }, "an object"],
  [() => "secret", "a function"],
  [Symbol("secret"), "a symbol"],
  [1n, "a bigint"],
])("describeValue %o", (value, told) => {
  expect(describeValue(value)).toBe(told);
});

it("describeExpected names one, or one of several", () => {
  expect(describeExpected(["a"])).toBe('"a"');
  expect(describeExpected(["a", "b", "c"])).toBe('one of "a", "b", "c"');
  expect(describeExpected(["a", "b", "c", "d", "e"])).toBe('one of "a", "b", "c", and 2 more');
});
