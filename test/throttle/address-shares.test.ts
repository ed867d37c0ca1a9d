import { RateLimiterMemory } from "rate-limiter-flexible";
import { expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, PASSWORD, passwords } from "../support/flow.ts";
import { THOROUGH } from "../support/thorough.ts";
import { profileOf } from "../support/tokens.ts";

const POINTS = 3;
const HASH = await passwords.hash(PASSWORD);
/** Answers at once, so that as many attempts as an address has can be made. */
const hasty = { ...passwords, compare: async () => false };

/** Tries to log in under another name each time, and counts the attempts that were let through. */
function counting() {
  const limiter = (points: number): RateLimiterMemory => new RateLimiterMemory({ points, duration: 900 });
  const throttle = { account: limiter(1_000), address: limiter(POINTS) };
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
  const auth = createAuthenticator({ token: profileOf(), users, passwords: hasty, throttle });
  let attempts = 0;
  return async (ips: readonly string[]): Promise<number> => {
    let passed = 0;
    for (const ip of ips) {
      const code = await codeOf(auth.login({ login: `nobody-${attempts++}`, password: "x" }, { ip }));
      if (code === "invalid_credentials") passed += 1;
      else expect(code).toBe("too_many_attempts");
    }
    return passed;
  };
}

/** Every one of so many, or every nth of them. */
const subnets = (prefix: string, length: number, step = 1): string[] =>
  Array.from({ length: length / step }, (_, n) => `${prefix}:${(n * step).toString(16)}::1`);

it("one /64 is let try as often as one address", async () => {
  const attempt = counting();
  expect(await attempt(Array.from({ length: 20 }, (_, n) => `2001:db8:1:2:${n.toString(16)}::1`))).toBe(POINTS);
  expect(await attempt(Array.from({ length: 20 }, () => "192.0.2.1"))).toBe(POINTS);
  expect(await attempt(["192.0.2.2"])).toBe(1);
});

it("all 65,536 of a /48 are let try as often as 16 addresses, and leave every other /48 alone", async () => {
  const attempt = counting();
  expect(await attempt(subnets("2001:db8:1", 65_536, THOROUGH ? 1 : 13))).toBe(16 * POINTS);
  expect(await attempt(subnets("2001:db8:1", 100))).toBe(0);
  expect(await attempt(subnets("2001:db8:2", 16))).toBe(16);
});
