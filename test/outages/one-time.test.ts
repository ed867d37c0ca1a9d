import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOneTimeCodes, type OneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens, type OneTimeTokens } from "../../src/one-time/tokens.ts";
import {
  BACKENDS,
  closeBackend,
  OUTAGES,
  openBackend,
  sleep,
  TIME_LIMIT,
  timed,
  waitForRecovery,
} from "../support/outages.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { redisUrl } from "../support/servers/redis-url.ts";

describe.skipIf(redisUrl === null || postgresUrl === null)("one-time tokens", () => {
  describe.concurrent.each(Object.entries(BACKENDS))("of %s", (_name, backend) => {
    const { sequential } = it;
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

    const isWell = async (): Promise<boolean> => {
      await tokens.revoke("probe");
      return true;
    };

    sequential.each(OUTAGES)(
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
        await waitForRecovery(isWell);
        // A request that the server got only now, or whose answer was lost, may have spent it.
        const after = await Promise.all(Array.from({ length: 10 }, () => tokens.consume(token)));
        expect(after.filter((answer) => answer !== null).length).toBeLessThanOrEqual(1);
        expect(await tokens.consume(token)).toBeNull();
        expect(await tokens.consume(untouched)).toMatchObject({ userId: "user-2" });
      },
    );

    sequential("taken before a crash are not good after it, and the others are", { timeout: 60_000 }, async () => {
      const issued = await Promise.all(Array.from({ length: 50 }, (_, user) => tokens.issue(`crash-${user}`)));
      const take = async (user: number): Promise<unknown> => tokens.consume(issued[user]?.token).catch(() => null);
      const before = await Promise.all(Array.from({ length: 10 }, (_, user) => take(user)));
      const during = Array.from({ length: 30 }, (_, user) => sleep(user % 8).then(() => take(10 + user)));
      await sleep(4);
      await opened.place.server.kill();
      const taken = [...before, ...(await Promise.all(during))];
      await opened.place.server.restart();
      await waitForRecovery(isWell);
      const again = await Promise.all(issued.map(({ token }) => tokens.consume(token)));
      expect(before.filter((answer) => answer === null)).toEqual([]);
      expect(taken.filter((answer, user) => answer !== null && again[user] !== null)).toEqual([]);
      expect(again.slice(40).filter((answer) => answer === null)).toEqual([]);
    });
  });
});
