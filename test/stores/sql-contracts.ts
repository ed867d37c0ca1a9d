import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  apiKeyStoreContract,
  blocklistContract,
  type ContractCase,
  oneTimeStoreContract,
  proofStoreContract,
  refreshStoreContract,
  statusListStoreContract,
  userStoreContract,
} from "../../src/testing.ts";
import { HASH } from "../support/hash.ts";
import { begun, newSession, nextOf } from "../support/sessions.ts";
import { partOf, THOROUGH } from "../support/thorough.ts";
import type { Databases, SqlStores } from "./sql-stores.ts";

/**
 * Describes what the stores of some databases keep: the contracts, and what goes beyond them. The databases differ in the form
 * of their answers: in a quick run the first meets everything, and a part of the contracts meets each of the others.
 *
 * @param range - which of the databases, as `slice` takes it
 */
export function describeSqlStores(databases: Databases, ...range: [from?: number, to?: number]): void {
  const all = Object.entries(databases).map(([name, open], nth) => [name, open, nth] as const);
  describe.each(all.slice(...range))("%s", (name, open, nth) => {
    const part = <Case>(cases: readonly Case[]): readonly Case[] =>
      THOROUGH || nth === 0 ? cases : partOf(cases, nth, 4);
    let stores: SqlStores;
    beforeAll(async () => {
      stores = await open();
    });
    afterAll(() => stores.close());

    // Each case has ids of its own. A single connection does one thing at a time: only waits for timers gain by others.
    const contracts: readonly (readonly [string, readonly ContractCase[]])[] = [
      ["revocations", blocklistContract(() => stores.blocklist)], // first: one of them waits
      ["users", userStoreContract(() => ({ users: stores.users, add: (user) => stores.users.add(user) }))],
      ["sessions", refreshStoreContract(() => stores.refresh)],
      ["one-time tokens", oneTimeStoreContract(() => stores.oneTime)],
      ["API keys", apiKeyStoreContract(() => stores.apiKeys)],
      ["status lists", statusListStoreContract(() => stores.statusLists)],
      ["proofs", proofStoreContract(() => stores.proofs)],
    ];
    for (const [what, cases] of contracts) {
      const isAtOnce = name.startsWith("Postgres") || what === "revocations";
      const describeIt = isAtOnce ? describe.concurrent : describe;
      describeIt(what, () => void it.each(part(cases))("$name", ({ run }) => run()));
    }

    it.each([Promise.resolve("user-1"), 7, undefined, null, {}])("revoke nobody by what is no id: %s", async (id) => {
      const why = /an id that (is no string|a store was given is a promise: await it)$/;
      const [now, { blocklist }] = [new Date(), stores];
      await expect(blocklist.revokeUser(id as never, now, now)).rejects.toThrow(why);
      await expect(blocklist.revokeToken(id as never, now, "user-1")).rejects.toThrow(why);
      await expect(blocklist.revokeSession(id as never, now, "user-1")).rejects.toThrow(why);
    });

    describe("users", () => {
      it("keep their hash where the next one is none", async () => {
        const { users } = stores;
        await users.add({ id: "kept", login: "kept", passwordHash: HASH });
        for (const none of [Promise.resolve(HASH), "password", "", null, undefined, 7]) {
          await expect(users.setPasswordHash?.("kept", none as never, new Date())).rejects.toThrow(/passwordHash/);
          await expect(users.replacePasswordHash?.("kept", HASH, none as never)).rejects.toThrow(/passwordHash/);
        }
        expect((await users.findCredentials("kept"))?.passwordHash).toBe(HASH);
      });

      it("are added once, disabled, and removed", async () => {
        const user = { id: "user-1", login: "reader", passwordHash: null };
        await stores.users.add(user);
        for (const twin of [user, { ...user, id: "user-2" }, { ...user, login: "other" }]) {
          const message = expect.stringContaining("there is a user with this id or this login");
          await expect(stores.users.add(twin)).rejects.toMatchObject({ code: "user_exists", message });
        }
        const found = { id: "user-1", login: "reader", disabled: false, passwordChangedAt: null };
        expect(await stores.users.findById("user-1")).toEqual(found);
        expect(await stores.users.setDisabled("user-1", true)).toBe(true);
        expect(await stores.users.findById("user-1")).toEqual({ ...found, disabled: true });
        expect([await stores.users.remove("user-1"), await stores.users.remove("user-1")]).toEqual([true, false]);
        expect(await stores.users.setDisabled("user-1", true)).toBe(false);
      });
    });

    it.each<readonly [unknown, RegExp]>([
      [null, /Users.add takes a plain object with options: id, login, passwordHash, disabled/],
      [{ id: "u9", login: "l9" }, /passwordHash must be what hashPassword made, or null/],
      [{ id: "u9", login: "l9", passwordHash: Buffer.from(HASH) }, /passwordHash must be/],
      [{ id: "u9", login: "l9", passwordHash: "" }, /passwordHash is no hash: give it await hashPassword\(password\)/],
      [{ id: "u9", login: "l9", passwordHash: "secret" }, /passwordHash is no hash/],
      [{ login: "l9", passwordHash: HASH, user: { id: "u9" } }, /there is no option "user"; the options are id, login/],
      [{ id: 9, login: "l9", passwordHash: null }, /Users.add: id must be a non-empty string/],
      [{ id: "u9", login: "", passwordHash: null }, /login must be a non-empty string/],
      [{ id: "u9", login: "l9", passwordHash: null, disabled: "no" }, /disabled must be true or false/],
      [{ id: "u9", login: "l9", passwordHash: null, disable: true }, /there is no option "disable"/],
      [
        { id: "u".repeat(1_025), login: "l9", passwordHash: null },
        /Users.add: id must be a non-empty string of at most 1024/,
      ],
      [{ id: "中".repeat(683), login: "l9", passwordHash: null }, /Users.add: id must be .* and 2048 bytes/],
      [{ id: "u9", login: "中".repeat(683), passwordHash: null }, /Users.add: login must be .* and 2048 bytes/],
      [{ id: "u\0", login: "l9", passwordHash: null }, /id must be .* no NUL/],
      [{ id: "u\ud800", login: "l9", passwordHash: null }, /id must be .* well-formed/],
      [
        { id: "u9", login: "l".repeat(1_025), passwordHash: null },
        /Users.add: login must be a non-empty string of at most/,
      ],
      [{ id: "u9", login: "l\0", passwordHash: null }, /login must be .* no NUL/],
    ])("no user is %j", async (user, why) => {
      await expect(stores.users.add(user as never)).rejects.toThrow(why);
      await expect(stores.users.setDisabled("u9", 1 as never)).rejects.toThrow(/disabled must be true or false/);
    });

    it("holds the longest ids wherever it finds something by them", async () => {
      // No database can compress this.
      const id = String.fromCharCode(
        ...Array.from({ length: 682 }, (_, nth) => 0x4e00 + ((nth * 7_919 * nth) % 20_000)),
      );
      const at = new Date();
      const later = new Date(at.getTime() + 60_000);
      expect(Buffer.byteLength(id)).toBe(2_046);
      await stores.users.add({ id, login: id, passwordHash: null });
      expect((await stores.users.findById(id))?.id).toBe(id);
      await begun(stores.refresh, { sid: id, userId: id, family: id });
      expect((await stores.refresh.findSession(id))?.userId).toBe(id);
      await stores.blocklist.revokeToken(id, later, id);
      await stores.blocklist.revokeSession(id, later, id);
      await stores.blocklist.revokeUser(id, at, later, []);
      expect(await stores.blocklist.isRevoked({ jti: id, sid: null, userId: "u", issuedAt: later })).toBe(true);
      const token = { digest: "d".repeat(43), purpose: `token:${"p".repeat(64)}`, userId: id, data: "null" };
      await stores.oneTime.put({ ...token, expiresAt: later }, at);
      expect((await stores.oneTime.take(token.digest))?.userId).toBe(id);
      const key = { id: "key", userId: id, label: null, hint: "a1B2", scopes: [], createdAt: at, expiresAt: null };
      const digest = "k".repeat(43);
      expect(await stores.apiKeys.insert({ ...key, lastUsedAt: null, replacedBy: null, digest }, 10)).toBe(true);
      expect((await stores.apiKeys.list(id)).length).toBe(1);
    });

    describe("sessions", () => {
      it("are deleted once they have ended, and no sooner", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        const session = (sid: string, seconds: number) => ({
          sid,
          userId: "old",
          family: sid,
          createdAt: at(0),
          lastUsedAt: at(0),
          expiresAt: at(seconds),
          passwordChangedAt: null,
          rotation: "null",
          details: "{}",
          revision: 0,
          ended: null,
        });
        for (const [sid, seconds] of [
          ["old-1", 60],
          ["old-2", 60],
          ["old-3", 120],
        ] as const) {
          expect(await stores.refresh.startSession(session(sid, seconds), 0, 100)).toEqual([]);
        }
        await stores.refresh.endSession("old-2", "old", "logout");
        expect(await stores.refresh.deleteExpired(at(59.999))).toBe(0);
        expect(await stores.refresh.deleteExpired(at(60))).toBe(2);
        expect((await stores.refresh.sessions("old", at(0))).map(({ sid }) => sid)).toEqual(["old-3"]);
        expect(await stores.refresh.findSession("old-2")).toBeNull();
        expect(await stores.refresh.findSession("old-3")).not.toBeNull();
        expect(await stores.refresh.deleteExpired(at(120))).toBe(1);
        expect(await stores.refresh.findSession("old-3")).toBeNull();
      });

      it("are deleted by the end that their last refresh has given them", async () => {
        const at = (hours: number): Date => new Date(Date.UTC(2000, 0, 1, hours));
        const session = await begun(stores.refresh, { createdAt: at(0), expiresAt: at(240) });
        const next = nextOf(session, { expiresAt: at(48) });
        expect(await stores.refresh.replaceSession(session, next)).toBe(true);
        expect(await stores.refresh.deleteExpired(at(48))).toBe(1);
        expect(await stores.refresh.findSession(session.family)).toBeNull();
      });

      it("end with all others, however long ago all were ended before they began", async () => {
        const at = (hours: number): Date => new Date(Date.UTC(2000, 0, 1, hours));
        await stores.refresh.endSessions("long", at(0));
        const session = newSession({ userId: "long", createdAt: at(1), expiresAt: at(99) });
        expect(await stores.refresh.startSession(session, 1, 100)).toEqual([]);
        await stores.refresh.deleteExpired(at(50));
        expect(await stores.refresh.endSessions("long", at(51))).toEqual([{ sid: session.sid, ended: "logout" }]);
      });

      it("forget how often a user's were ended, a day after the last time and no sooner", async () => {
        const at = (hours: number): Date => new Date(Date.UTC(2000, 0, 1, hours));
        for (const hours of [0, 10, 5]) await stores.refresh.endSessions("forgotten", at(hours));
        await stores.refresh.deleteExpired(at(33));
        expect(await stores.refresh.endings("forgotten")).toBe(3);
        await stores.refresh.deleteExpired(at(34));
        expect(await stores.refresh.endings("forgotten")).toBe(0);
      });
    });

    describe("one-time tokens", () => {
      it("are deleted once they have expired and their tries count no more, and no sooner", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        const put = (digest: string, seconds: number): Promise<void> =>
          stores.oneTime.put(
            { digest, purpose: "code:old", userId: `of-${digest}`, data: "null", expiresAt: at(seconds) },
            at(0),
          );
        const tryAt = (digest: string, seconds: number) =>
          stores.oneTime.countTry("code:old", `of-${digest}`, at(seconds), at(seconds + 100));
        for (const digest of ["old-1", "old-2", "tried", "again", "long"])
          await put(digest, digest === "long" ? 200 : 60);
        for (const digest of ["tried", "again", "long"]) await tryAt(digest, 10);
        await tryAt("tried", 50);
        await put("again", 90);
        expect(await stores.oneTime.deleteExpired(at(59.999))).toBe(0);
        expect(await stores.oneTime.deleteExpired(at(60))).toBe(2);
        expect(await stores.oneTime.take("old-1")).toBeNull();
        expect(await stores.oneTime.deleteExpired(at(109.999))).toBe(0);
        expect(await tryAt("again", 109)).toEqual({ digest: "again", tries: 2 });
        expect(await stores.oneTime.deleteExpired(at(110))).toBe(2);
        expect(await stores.oneTime.deleteExpired(at(199.999))).toBe(0);
        expect(await stores.oneTime.take("long")).not.toBeNull();
      });
    });

    describe("API keys", () => {
      it("are deleted once they have expired, and no sooner", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        const key = { userId: "old", label: null, hint: "a1B2", scopes: [], lastUsedAt: null, replacedBy: null };
        for (const [id, expiresAt] of [
          ["old-1", at(60)],
          ["old-2", at(120)],
          ["old-3", null],
        ] as const) {
          expect(await stores.apiKeys.insert({ ...key, id, digest: id, createdAt: at(0), expiresAt }, 100)).toBe(true);
        }
        expect(await stores.apiKeys.deleteExpired(at(59.999))).toBe(0);
        expect(await stores.apiKeys.deleteExpired(at(60))).toBe(1);
        expect((await stores.apiKeys.list("old")).map(({ id }) => id).sort()).toEqual(["old-2", "old-3"]);
      });
    });

    describe("API keys and a process whose clock is ahead", () => {
      it("outlive the creation of another by it, and take no place there", async () => {
        const later = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
        const key = { userId: "ahead", label: null, hint: "a1B2", scopes: [], lastUsedAt: null, replacedBy: null };
        const add = (id: string, createdAt: Date, expiresAt: Date): Promise<boolean> =>
          stores.apiKeys.insert({ ...key, id, digest: id, createdAt, expiresAt }, 1);
        expect(await add("ahead-1", later(0), later(30))).toBe(true);
        expect(await add("ahead-2", later(60), later(120))).toBe(true);
        expect(await add("ahead-3", later(60), later(120))).toBe(false);
        expect(await stores.apiKeys.find("ahead-1")).not.toBeNull();
        expect((await stores.apiKeys.list("ahead")).length).toBe(2);
      });
    });

    describe("proofs", () => {
      it("are deleted once they have expired, and no sooner", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        for (const [id, seconds] of [
          ["old-1", 60],
          ["old-2", 120],
        ] as const) {
          expect(await stores.proofs.remember(id, at(seconds), at(0))).toBe(true);
        }
        expect(await stores.proofs.deleteExpired(at(59.999))).toBe(0);
        expect(await stores.proofs.deleteExpired(at(60))).toBe(1);
        expect(await stores.proofs.remember("old-2", at(120), at(60))).toBe(false);
        expect(await stores.proofs.deleteExpired(at(120))).toBe(1);
      });
    });

    describe("revocations", () => {
      it("are deleted once they have ended, in batches, and no sooner", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        await stores.blocklist.deleteExpired(at(0));
        const ids = Array.from({ length: 100 }, (_, id) => `old-${id}`);
        await Promise.all(ids.map((id) => stores.blocklist.revokeToken(id, at(60), "old")));
        expect(await stores.blocklist.deleteExpired(at(59.999))).toBe(0);
        const asked = { jti: "old-7", sid: null, userId: "old", issuedAt: at(0) };
        expect(await stores.blocklist.isRevoked(asked)).toBe(true);
        expect(await stores.blocklist.deleteExpired(at(60))).toBe(100);
        expect(await stores.blocklist.isRevoked(asked)).toBe(false);
      });

      it("end no sooner for being told again", async () => {
        const at = (seconds: number): Date => new Date(Date.UTC(2000, 0, 1) + seconds * 1_000);
        for (const seconds of [60, 120, 90]) {
          await stores.blocklist.revokeToken("again", at(seconds), "old");
          await stores.blocklist.revokeSession("again", at(seconds), "old");
          await stores.blocklist.revokeUser("again", at(0), at(seconds));
        }
        expect(await stores.blocklist.deleteExpired(at(119.999))).toBe(0);
        expect(await stores.blocklist.deleteExpired(at(120))).toBe(3);
      });

      it.each([undefined, null, new Date(Number.NaN), "2030-01-01"])("need an end, and %s is none", async (end) => {
        await expect(async () => stores.blocklist.revokeToken("t", end as Date, "u")).rejects.toThrow(/no valid Date/);
      });
    });
  });
}
