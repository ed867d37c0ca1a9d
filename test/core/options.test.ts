import { describe, expect, it } from "vitest";
import { checkInteger, checkMethods, checkOptions, checkText } from "../../src/core/options.ts";

describe("checkOptions", () => {
  it.each([null, undefined, 1, "x", [], true])("takes no %j for options", (options) => {
    expect(() => checkOptions("here", options, ["a"])).toThrow("here takes an object with options");
  });

  it("names the options there are when one is misspelt", () => {
    expect(() => checkOptions("here", { c: 1 }, ["a", "b"])).toThrow(
      'here: there is no option "c"; the options are a, b',
    );
  });

  it("takes undefined for a mistake", () => {
    expect(() => checkOptions("here", { a: undefined }, ["a"])).toThrow("here: a is undefined; give it a value");
  });

  it("lets null and false be values", () => {
    expect(() => checkOptions("here", { a: null, b: false }, ["a", "b"])).not.toThrow();
  });
});

it.each([null, undefined, {}, { find: 1 }, "find"])("checkMethods refuses %j", (value) => {
  expect(() => checkMethods("the store", value, ["find"])).toThrow("the store must be an object with the methods find");
});

it.each([0, 5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2", null, undefined])("checkInteger refuses %j", (value) => {
  expect(() => checkInteger("count", value, 1, 4)).toThrow("count must be a whole number from 1 to 4");
});

it("checkInteger takes both ends of its range", () => {
  expect([checkInteger("count", 1, 1, 4), checkInteger("count", 4, 1, 4)]).toEqual([1, 4]);
});

it.each(["", 1, null, undefined, {}])("checkText refuses %j", (value) => {
  expect(() => checkText("name", value)).toThrow("name must be a non-empty string");
});
