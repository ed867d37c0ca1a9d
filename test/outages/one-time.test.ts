import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { createOneTimeCodes, type OneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens, type OneTimeTokens } from "../../src/one-time/tokens.ts";
import { BACKENDS, closeBackend, OUTAGES, openBackend } from "../support/outages.ts";

const TIME_LIMIT = 600; // for fifty calls at once, on a machine with other work
/** Two calls at the most, and the machine's own slowness. */
const MOST = 2 * TIME_LIMIT + 700;
const RECOVERY = 8_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(inject("redisUrl") === null || inject("postgresUrl") === null)("one-time tokens", () => {
  describe.each(Object.entries(BACKENDS))("of %s", (_name, backend) => {
    let opened: Awaited<ReturnType<typeof openBackend>>;
    let tokens: OneTimeTokens;
    let codes: OneTimeCodes;
    beforeAll(async () => {
      opened = await openBackend(backend);
      const options = { store: opened.stores.oneTime, storeTimeoutMs: TIME_LIMIT, onOutage: () => undefined };
      tokens = createOneTimeTokens({ ...options, purpose: "reset", lifetime: "1h" });
      codes = createOneTimeCodes({ ...options, purpose: "second-factor" });
    }, 60_000);
    afterAll(() => closeBackend(opened));

    /** What became of a call: its answer, or the code of its refusal, within the time. */
    const timed = async (work: Promise<unknown>): Promise<unknown> => {
      const started = performance.now();
      const outcome = await work.catch((error: unknown) => (isAuthError(error) ? error.code : error));
      expect(performance.now() - started).toBeLessThan(MOST);
      return outcome;
    };
    const waitForRecovery = async (): Promise<void> => {
      const ended = performance.now();
      while ((await tokens.revoke("probe").catch(() => "down")) === "down") {
        expect(performance.now() - ended, "recovery").toBeLessThan(RECOVERY);
        await sleep(100);
      }
    };

    it.each(OUTAGES)(
      "where %s, are unavailable, then good at most once",
      { timeout: 60_000 },
      async (_what, begin, end) => {
        const { token } = await tokens.issue("user-1");
        const { token: untouched } = await tokens.issue("user-2");
        const { code } = await codes.issue("user-3");
        await begin(opened.place);
        const during = await Promise.all([
          ...Array.from({ length: 10 }, () => timed(tokens.consume(token))),
          timed(codes.consume("user-3", code)),
          timed(tokens.issue("user-4")),
          timed(tokens.revoke("user-5")),
        ]);
        expect(new Set(during)).toEqual(new Set(["unavailable"]));
        await end(opened.place);
        await waitForRecovery();
        // A request that the server got only now, or whose answer was lost, may have spent it.
        const after = await Promise.all(Array.from({ length: 10 }, () => tokens.consume(token)));
        expect(after.filter((answer) => answer !== null).length).toBeLessThanOrEqual(1);
        expect(await tokens.consume(token)).toBeNull();
        expect(await tokens.consume(untouched)).toMatchObject({ userId: "user-2" });
      },
    );

    it("taken before a crash are not good after it, and the others are", { timeout: 60_000 }, async () => {
      const issued = await Promise.all(Array.from({ length: 50 }, (_, user) => tokens.issue(`crash-${user}`)));
      const take = async (user: number): Promise<unknown> => tokens.consume(issued[user]?.token).catch(() => null);
      const before = await Promise.all(Array.from({ length: 10 }, (_, user) => take(user)));
      const during = Array.from({ length: 30 }, (_, user) => sleep(user % 8).then(() => take(10 + user)));
      await sleep(4);
      await opened.place.server.kill();
      const taken = [...before, ...(await Promise.all(during))];
      await opened.place.server.restart();
      await waitForRecovery();
      const again = await Promise.all(issued.map(({ token }) => tokens.consume(token)));
      expect(before.filter((answer) => answer === null)).toEqual([]);
      expect(taken.filter((answer, user) => answer !== null && again[user] !== null)).toEqual([]);
      expect(again.slice(40).filter((answer) => answer === null)).toEqual([]);
    });
  });
});
