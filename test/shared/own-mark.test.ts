import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { keepOwn, readOwn } from "../../src/shared/own-mark.ts";

const MARK = Symbol("a mark");
const throwing = (): never => {
  throw new Error("boo");
};

describe("a mark", () => {
  it.each([
    ["an object", {}],
    ["a function", () => undefined],
    ["an object without a prototype", Object.create(null)],
    ["an object of another realm", runInContext("({})", createContext({}))],
    ["a proxy", new Proxy({}, {})],
  ])("is kept on %s, and can be replaced there", (_what, owner) => {
    expect(readOwn(owner, MARK)).toBeUndefined();
    for (const value of ["one", undefined, "two"]) {
      keepOwn(owner, MARK, value);
      expect(readOwn(owner, MARK)).toBe(value);
    }
    expect(Object.keys(owner)).toEqual([]);
    expect({ ...owner }).toEqual({});
  });

  it("is of one object, and neither of its copies nor of what inherits from it nor of a proxy", () => {
    const owner = () => undefined;
    keepOwn(owner, MARK, "kept");
    const copy = Object.defineProperties(() => undefined, Object.getOwnPropertyDescriptors(owner));
    for (const other of [copy, Object.create(owner), new Proxy(owner, {}), owner.bind(null)]) {
      expect(readOwn(other, MARK)).toBeUndefined();
      keepOwn(other, MARK, "its own");
      expect(readOwn(other, MARK)).toBe("its own");
    }
  });

  it.each([
    ["a frozen object", Object.freeze({})],
    ["a sealed object", Object.seal({})],
    ["a proxy that lets nothing in", new Proxy({}, { defineProperty: throwing })],
    ["a proxy that shows nothing", new Proxy({}, { get: throwing })],
  ])("is not kept on %s, which is no error", (_what, owner) => {
    keepOwn(owner, MARK, "kept");
    expect(readOwn(owner, MARK)).toBeUndefined();
  });

  it.each([undefined, null, 0, "text", true])("is not read from %s", (value) => {
    expect(readOwn(value, MARK)).toBeUndefined();
  });

  it.each([null, 0, "text", {}, { value: "forged" }, { owner: {}, value: "forged" }])(
    "is not what somebody else put in its place: %j",
    (value) => {
      expect(readOwn({ [MARK]: value }, MARK)).toBeUndefined();
    },
  );
});
