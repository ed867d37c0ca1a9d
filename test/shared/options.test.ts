import { describe, expect, it } from "vitest";
import {
  checkFunction,
  checkGiven,
  checkInteger,
  checkMethods,
  checkNames,
  checkOptions,
  checkText,
} from "../../src/shared/options.ts";

const ONE = { a: "optional" } as const;
const BOTH = { a: "optional", b: "required" } as const;

describe("checkOptions", () => {
  it.each([null, undefined, 1, "x", [], true])("takes no %j for options", (options) => {
    expect(() => checkOptions("here", options, ONE)).toThrow("here takes a plain object with options: a");
  });

  it.each([new Map([["a", 1]]), new Set(), new Date(), /a/, new URL("https://x.example/")])(
    "takes no %o for options",
    (options) => {
      expect(() => checkOptions("here", options, ONE)).toThrow("here takes a plain object with options: a");
    },
  );

  it("takes instances of a class, and what has no prototype", () => {
    class Given {
      a = 1;
    }
    class Tagged extends Given {
      readonly [Symbol.toStringTag] = "Given";
    }
    for (const options of [
      new Given(),
      new Tagged(),
      new (class {})(),
      Object.create(null),
      Object.assign(Object.create(null), { a: 1 }),
    ]) {
      expect(() => checkOptions("here", options, ONE)).not.toThrow();
    }
  });

  it("names the options there are when one is misspelt", () => {
    expect(() => checkOptions("here", { c: 1 }, BOTH)).toThrow('here: there is no option "c"; the options are a, b');
  });

  it("takes undefined for a mistake", () => {
    expect(() => checkOptions("here", { a: undefined }, ONE)).toThrow(
      "here: a is undefined; give it a value, or leave it out for the default (is an environment variable not set?)",
    );
  });

  it("does not say that a required one may be left out", () => {
    expect(() => checkOptions("here", { b: undefined }, BOTH)).toThrow(
      "here: b is undefined; it must be given (is an environment variable not set?)",
    );
  });

  it.each(["toString", "__proto__x", "constructor"])("does not take %s for a known name", (name) => {
    expect(() => checkOptions("here", { [name]: 1 }, BOTH)).toThrow(`there is no option "${name}"`);
  });

  it("lets null and false be values", () => {
    expect(() => checkOptions("here", { a: null, b: false }, BOTH)).not.toThrow();
  });
});

it("checkNames lets undefined be a value, and no other name", () => {
  expect(() => checkNames("here", { a: undefined }, ONE)).not.toThrow();
  expect(() => checkNames("here", { c: undefined }, ONE)).toThrow('here: there is no option "c"; the options are a');
});

it.each([undefined, null, 1, {}])("checkFunction refuses %j", (value) => {
  expect(() => checkFunction("now", value, "such as Date.now")).toThrow("now must be a function: such as Date.now");
});

it.each([null, undefined, {}, { find: 1 }, "find"])("checkMethods refuses %j", (value) => {
  expect(() => checkMethods("the store", value, ["find"], "memoryFinder()")).toThrow(
    "the store must be an object with the methods find",
  );
});

it("checkMethods names what has the methods", () => {
  const check = () => checkMethods("the store", {}, ["find"], "memoryFinder()");
  expect(check).toThrow(/^the store must be an object with the methods find, such as memoryFinder\(\)$/);
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

it("checkGiven refuses what is not there", () => {
  for (const value of [undefined, null]) {
    expect(() => checkGiven("the secret", value)).toThrow(
      `the secret is ${value}; it must be given (is an environment variable not set?)`,
    );
  }
  for (const value of ["", 0, false, {}]) expect(() => checkGiven("the secret", value)).not.toThrow();
});
