import { expect, it } from "vitest";
import { expectation, finding } from "../../src/shared/finding.ts";

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
])("finding %o", (value, told) => {
  expect(finding(value)).toBe(told);
});

it("expectation names one, or one of several", () => {
  expect(expectation(["a"])).toBe('"a"');
  expect(expectation(["a", "b", "c"])).toBe('one of "a", "b", "c"');
  expect(expectation(["a", "b", "c", "d", "e"])).toBe('one of "a", "b", "c", and 2 more');
});
