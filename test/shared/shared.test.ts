import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defineToken, issueToken, secretKey, verifyToken } from "../../src/index.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { readTime } from "../../src/shared/date.ts";
import { ignore, tell } from "../../src/shared/listener.ts";
import { isThenable } from "../../src/shared/promise.ts";
import { memoryBlocklist } from "../../src/stores/memory.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("what comes from another realm", () => {
  it("is a Date where it says it is one", () => {
    const foreign = runInNewContext("new Date(5)") as Date;
    expect(foreign instanceof Date).toBe(false);
    expect(readTime(foreign)).toBe(5);
    expect(readTime(new Date(7))).toBe(7);
    for (const none of [undefined, null, 5, "2030-01-01", {}, { getTime: () => 5 }, Object.create(Date.prototype)]) {
      expect(readTime(none)).toBeNaN();
    }
  });

  it("is a promise where it has a then", () => {
    for (const one of [runInNewContext("Promise.resolve(1)"), Promise.resolve(1), { then() {} }]) {
      expect(isThenable(one)).toBe(true);
    }
    for (const none of [undefined, null, 5, "then", {}, { then: true }]) expect(isThenable(none)).toBe(false);
  });
});

it("what listens can neither throw nor reject", async () => {
  const heard: string[] = [];
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  tell((text: string) => heard.push(text), "plain");
  tell((): never => {
    throw new Error("boo");
  });
  tell(async (text: string) => {
    heard.push(text);
    throw new Error("boo");
  }, "async");
  tell(ignore);
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off("unhandledRejection", unhandled);
  expect(heard).toEqual(["plain", "async"]);
  expect(unhandled).not.toHaveBeenCalled();
});

it("follows fake timers that are installed after everything was made", async () => {
  const token = defineToken({ keys: secretKey("x".repeat(40)), issuer: null, audience: null });
  const blocklist = memoryBlocklist();
  const issued = await issueToken({ sub: "user-1" }, token);
  vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
  expect(systemClock()).toBe(Date.now());
  await expect(verifyToken(issued, token)).rejects.toMatchObject({ code: "expired" });
  const end = new Date(Date.now() + 60_000);
  blocklist.revokeToken("t", end);
  expect(blocklist.isRevoked({ jti: "t", sid: null, userId: "u", issuedAt: new Date() })).toBe(true);
});
