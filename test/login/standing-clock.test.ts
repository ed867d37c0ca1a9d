import { expect, it } from "vitest";
import { houseOf, READER } from "../support/flow.ts";

it("a login whose clock stands still is told so at once, where it would wait for an instant to come", async () => {
  const { auth } = houseOf();
  const startedAt = performance.now();
  let error: { code?: string; cause?: Error } = {};
  for (let times = 0; times < 30 && error.code === undefined; times += 1) {
    await auth.logoutEverywhere("user-1");
    error = await auth.login(READER).then(
      () => ({}),
      (thrown) => thrown,
    );
  }
  expect(error.code).toBe("unavailable");
  expect(error.cause?.message).toMatch(/the clock stands still: advance it$/);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});
