import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { codeOf, PASSWORD, passwords } from "../support/flow.ts";
import { partOf, runs } from "../support/thorough.ts";
import { profileOf } from "../support/tokens.ts";
import { DATABASES, isWhole } from "./databases.ts";
import type { SqlStores } from "./sql-stores.ts";

const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;
const CHANGE = { password: PASSWORD, newPassword: "next" };

describe.each(Object.entries(DATABASES).map(([name, open], nth) => [name, open, nth] as const))(
  "on %s, a session",
  (name, open, nth) => {
    let stores: SqlStores;
    let auth: SessionAuthenticator;
    beforeAll(async () => {
      stores = await open();
      const { users, blocklist, refresh } = stores;
      const token = profileOf(undefined, { now: Date.now });
      auth = createAuthenticator({ token, users, blocklist, passwords, refresh: { store: refresh } });
    });
    afterAll(() => stores.close());

    const add = async () => {
      const id = randomUUID();
      await stores.users.add({ id, login: id, passwordHash: await passwords.hash(PASSWORD) });
      return { login: id, password: PASSWORD };
    };

    const PROMISES: Readonly<Record<string, () => Promise<void>>> = {
      "is proved again, and kept through a change of password, under which it is refreshed": async () => {
        const reader = await add();
        const [own, other] = [await auth.login(reader, { device: { label: "d\u{1f511}" } }), await auth.login(reader)];
        const identity = await auth.authenticate(bearer(own));
        expect(await codeOf(auth.authenticate(bearer(await auth.reauthenticate(identity, CHANGE))))).toBe("ok");
        const next = await auth.changePassword(identity, CHANGE, {}, { keepSession: true });
        expect(await codeOf(auth.authenticate(bearer(next)))).toBe("ok");
        expect(await codeOf(auth.authenticate(bearer(own)))).toBe("revoked");
        expect(await codeOf(auth.refresh(other.refreshToken))).toBe("invalid_refresh_token");
        const refreshed = await auth.refresh(own.refreshToken);
        expect(await codeOf(auth.authenticate(bearer(refreshed)))).toBe("ok");
        expect(await auth.sessions(identity)).toMatchObject([{ current: true, device: { label: "d\u{1f511}" } }]);
        await auth.resetPassword(identity.userId, "another");
        expect(await codeOf(auth.refresh(refreshed.refreshToken))).toBe("invalid_refresh_token");
        expect(await codeOf(auth.startSession({ id: identity.userId }))).toBe("ok");
      },
      "leaves nothing alive of the old password, whatever races with a reset on nodes whose clocks differ":
        async () => {
          const { users, blocklist, refresh } = stores;
          const nodeOf = (ahead: number): SessionAuthenticator => {
            const token = profileOf(undefined, { now: () => Date.now() + ahead, clockTolerance: "30s" });
            return createAuthenticator({ token, users, blocklist, passwords, refresh: { store: refresh } });
          };
          const nodes = [nodeOf(0), nodeOf(1_000), nodeOf(-1_000)];
          const at = (index: number): SessionAuthenticator => nodes[index % nodes.length] as SessionAuthenticator;
          for (let round = 0; round < runs(5, 12); round += 1) {
            const reader = await add();
            const own = await at(round).login(reader);
            const identity = await at(round).authenticate(bearer(own));
            const proof = await at(round).verifyPassword(reader);
            const { userId } = identity;
            const racing = [
              at(round + 1).login(reader),
              at(round + 2).refresh(own.refreshToken),
              at(round).startSession(proof),
              at(round + 1).startSession({ id: userId }, { provenAt: proof.provenAt }),
              at(round + 2).reauthenticate(identity, reader),
              at(round).changePassword(identity, CHANGE, {}, { keepSession: true }),
              at(round + 1).changePassword({ ...reader, newPassword: "third" }),
            ];
            const reset = at(round + 1 + (round >> 1)).resetPassword(userId, "reset");
            const given = (await Promise.allSettled(racing)).flatMap((it) =>
              it.status === "fulfilled" ? [it.value] : [],
            );
            await reset;
            for (const result of [own, ...given]) {
              expect(await codeOf(at(round).authenticate(bearer(result)))).not.toBe("ok");
              if (!("refreshToken" in result)) continue;
              expect(await codeOf(at(round + 1).refresh(result.refreshToken))).toBe("invalid_refresh_token");
            }
            expect(await codeOf(at(round).startSession({ id: userId }, { provenAt: proof.provenAt }))).toBe(
              "invalid_credentials",
            );
            expect(await at(round).sessions(userId)).toEqual([]);
          }
        },
      "that is proved again while all are ended leaves nothing alive": async () => {
        for (let round = 0; round < runs(4, 10); round += 1) {
          const own = await auth.login(await add());
          const identity = await auth.authenticate(bearer(own));
          const [proved] = await Promise.all([
            auth.reauthenticate(identity, CHANGE).catch(() => null),
            new Promise((resolve) => setTimeout(resolve, round)).then(() => auth.logoutEverywhere(identity.userId)),
          ]);
          if (proved !== null) expect(await codeOf(auth.authenticate(bearer(proved)))).toBe("revoked");
          expect(await auth.sessions(identity)).toEqual([]);
        }
      },
      "that begins while all others are ended is over, or was decided after": async () => {
        for (let round = 0; round < runs(4, 10); round += 1) {
          const reader = await add();
          const identity = await auth.authenticate(bearer(await auth.login(reader)));
          const proof = await auth.verifyPassword(reader);
          const [, begun] = await Promise.all([
            auth.changePassword(identity, CHANGE, {}, { keepSession: true }),
            new Promise((resolve) => setTimeout(resolve, round)).then(() => auth.startSession(proof)).catch(() => null),
          ]);
          if (begun !== null) expect(await codeOf(auth.refresh(begun.refreshToken))).toBe("invalid_refresh_token");
          expect((await auth.sessions(identity)).map(({ current }) => current)).toEqual([true]);
        }
      },
    };

    const promises = Object.entries(PROMISES);
    it.each(isWhole(name) ? promises : partOf(promises, nth, promises.length))("%s", (_promise, keep) => keep());
  },
);
