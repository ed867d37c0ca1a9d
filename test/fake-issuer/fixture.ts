import { it as base, type TestAPI } from "vitest";
import { createFakeIssuer, type FakeIssuer } from "../../src/testing.ts";

/** A test that is given an issuer of its own, which closes behind it. */
export const it: TestAPI<{ issuer: FakeIssuer }> = base.extend<{ issuer: FakeIssuer }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from it that no other fixture is needed
  issuer: async ({}, use) => {
    const issuer = await createFakeIssuer();
    await use(issuer);
    await issuer.close();
  },
});
