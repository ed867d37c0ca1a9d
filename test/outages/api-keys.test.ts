import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiKeys } from "../../src/api-keys/api-keys.ts";
import { createApiKeys } from "../../src/api-keys/create.ts";
import { createdBy } from "../support/api-keys.ts";
import { codeOf } from "../support/flow.ts";
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

describe.skipIf(redisUrl === null || postgresUrl === null)("API keys", () => {
  describe.concurrent.each(Object.entries(BACKENDS))("of %s", (_name, backend) => {
    const { sequential } = it;
    let opened: Awaited<ReturnType<typeof openBackend>>;
    /** Two processes: one asks the store each time, and one remembers. */
    let asking: ApiKeys;
    let remembering: ApiKeys;
    beforeAll(async () => {
      opened = await openBackend(backend);
      const options = {
        store: opened.stores.apiKeys,
        prefix: "acme_test",
        storeTimeoutMs: TIME_LIMIT,
        onOutage: () => undefined,
      };
      asking = createApiKeys({ ...options, staleness: 0 });
      remembering = createApiKeys({ ...options, staleness: "1h" });
    }, 60_000);
    afterAll(() => closeBackend(opened));

    const isWell = async (): Promise<boolean> => Array.isArray(await asking.list("probe"));

    sequential.each(OUTAGES)(
      "where %s, are unavailable or remembered, and a revocation is completed when it is sent again",
      { timeout: 60_000 },
      async (_what, begin, end) => {
        const revokedBefore = await createdBy(asking, { userId: "before" });
        await asking.revoke("before", revokedBefore.apiKey.id);
        const known = await createdBy(remembering, { userId: "known" });
        await remembering.verify(known.key);
        const unknown = await createdBy(asking, { userId: "unknown" });
        const revoked = await createdBy(remembering, { userId: "revoked" });
        await remembering.verify(revoked.key);
        const all = await Promise.all([1, 2, 3].map(() => createdBy(asking, { userId: "all" })));

        await begin(opened.place);
        const during = await Promise.all([
          ...Array.from({ length: 10 }, () => timed(asking.verify(unknown.key))),
          timed(remembering.verify(unknown.key)),
          timed(asking.verify(revokedBefore.key)),
          timed(asking.create({ userId: "new" })),
          timed(asking.list("known")),
          timed(asking.rotate("unknown", unknown.apiKey.id)),
          timed(remembering.revoke("revoked", revoked.apiKey.id)),
          timed(asking.revokeAll("all")),
        ]);
        expect(new Set(during)).toEqual(new Set(["unavailable"]));
        expect(await timed(remembering.verify(known.key))).toMatchObject({ userId: "known" });
        // The process that was asked to revoke it has forgotten it, though the store has not.
        expect(await timed(remembering.verify(revoked.key))).toBe("unavailable");

        await end(opened.place);
        await waitForRecovery(isWell);
        await remembering.revoke("revoked", revoked.apiKey.id);
        await asking.revokeAll("all");
        const ended = [revokedBefore, revoked, ...all];
        for (const keys of [asking, remembering]) {
          const codes = await Promise.all(ended.map(({ key }) => codeOf(keys.verify(key))));
          expect(new Set(codes)).toEqual(new Set(["invalid_token"]));
          expect(await codeOf(keys.verify(known.key))).toBe("ok");
        }
        expect(await asking.list("revoked")).toEqual([]);
        expect(await asking.list("all")).toEqual([]);
        // A rotation that was told 503 may have been done. Then the old key has its overlap to live.
        expect(await codeOf(asking.verify(unknown.key))).toBe("ok");
      },
    );

    sequential("revoked before a crash do not come back, and the others are good", { timeout: 60_000 }, async () => {
      const created = await Promise.all(
        Array.from({ length: 50 }, (_, user) => createdBy(asking, { userId: `crash-${user}` })),
      );
      const revoke = async (user: number): Promise<boolean> =>
        asking.revoke(`crash-${user}`, created[user]?.apiKey.id as string).catch(() => false);
      const before = await Promise.all(Array.from({ length: 10 }, (_, user) => revoke(user)));
      const during = Array.from({ length: 30 }, (_, user) => sleep(user % 8).then(() => revoke(10 + user)));
      await sleep(4);
      await opened.place.server.kill();
      const revoked = [...before, ...(await Promise.all(during))];
      await opened.place.server.restart();
      await waitForRecovery(isWell);
      const codes = await Promise.all(created.map(({ key }) => codeOf(asking.verify(key))));
      expect(before.filter((it) => !it)).toEqual([]);
      expect(revoked.filter((it, user) => it && codes[user] !== "invalid_token")).toEqual([]);
      expect(new Set(codes.slice(40))).toEqual(new Set(["ok"]));
      // Whatever was not confirmed is completed by sending it again.
      await Promise.all(Array.from({ length: 40 }, (_, user) => revoke(user)));
      const after = await Promise.all(created.slice(0, 40).map(({ key }) => codeOf(asking.verify(key))));
      expect(new Set(after)).toEqual(new Set(["invalid_token"]));
    });
  });
});
