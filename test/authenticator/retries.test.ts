import { describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;
const HASH = await passwords.hash(READER.password);

/** Which call of a store fails, before or after it wrote. With it, all that follow fail: as where the process is killed. */
interface Failure {
  calls: number;
  at: number;
  readonly how: "before" | "after";
}

/** The stores of a service, which survive its processes. */
function storesOf() {
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
  const parts = { users, store: memoryRefreshStore(), blocklist: memoryBlocklist({ now: () => NOW }) };
  const stolen: unknown[] = [];
  /** A process of the service, whose calls of stores may fail. */
  const start = (failure: Failure | null): SessionAuthenticator => {
    const failing = <Part extends object>(part: Part): Part =>
      Object.fromEntries(
        Object.entries(part).map(([name, method]) => [
          name,
          async (...args: unknown[]) => {
            if (failure === null) return method(...args);
            failure.calls += 1;
            if (failure.calls > failure.at || (failure.calls === failure.at && failure.how === "before")) {
              throw new Error("down");
            }
            const answer = await method(...args);
            if (failure.calls === failure.at) throw new Error("down");
            return answer;
          },
        ]),
      ) as Part;
    return createAuthenticator({
      token: profileOf(undefined, { now: () => NOW }),
      users: failing(parts.users),
      passwords,
      blocklist: failing(parts.blocklist),
      refresh: { store: failing(parts.store), reuseGrace: 0, onReuse: (session) => stolen.push(session) },
      onOutage: () => undefined,
    }) as SessionAuthenticator;
  };
  return { start, stolen };
}

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What a client sends, and which of two sessions are over once it was told that it is done. */
interface Verb {
  readonly send: (auth: SessionAuthenticator, own: Session, sid: string) => Promise<unknown>;
  /** What an answer means that is no 503: done, or it never will be. */
  readonly done?: readonly string[];
  readonly endsAll?: true;
  readonly tells?: true;
  /** What happens before it. */
  readonly before?: (auth: SessionAuthenticator, own: Session) => Promise<unknown>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  "a log-out by the access token": {
    send: async (auth, own) => auth.logout(await auth.authenticate(bearer(own))),
    done: ["revoked"], // which the answer was that got lost
  },
  "a log-out by the refresh token": { send: (auth, own) => auth.logoutByRefreshToken(own.refreshToken) },
  "a log-out of one session": { send: (auth, _own, sid) => auth.logoutSession("user-1", sid) },
  "a log-out everywhere": { send: (auth) => auth.logoutEverywhere("user-1"), endsAll: true },
  "a log-out everywhere, by the caller's token": {
    send: async (auth, own) => auth.logoutEverywhere((await auth.authenticate(bearer(own))).userId),
    done: ["revoked"],
    endsAll: true,
  },
  "a change of password": {
    send: (auth) => auth.changePassword({ ...READER, newPassword: "next" }),
    endsAll: true,
  },
  "a refresh with a stolen token": {
    before: (auth, own) => auth.refresh(own.refreshToken),
    send: (auth, own) => auth.refresh(own.refreshToken),
    done: ["invalid_refresh_token"],
    tells: true,
  },
};

describe.each(Object.entries(VERBS))("%s", (_name, { send, done = [], endsAll, tells, before }) => {
  it.each(["before", "after"] as const)(
    "that was answered 503 is completed when it is sent again: stores fail %s they wrote",
    async (how) => {
      let failures = 0;
      for (let at = 1; ; at += 1) {
        const { start, stolen } = storesOf();
        const sound = start(null);
        const [own, other] = [await sound.login(READER), await sound.login(READER)];
        const { sid } = (await sound.authenticate(bearer(own))).claims as { sid: string };
        await before?.(sound, own);

        const failure = { calls: 0, at, how };
        const first = await codeOf(send(start(failure), own, sid));
        if (first === "unavailable") failures += 1;
        let last = first;
        for (let again = 0; last === "unavailable" && again < 2; again += 1) last = await codeOf(send(sound, own, sid));
        expect(["ok", ...done], `at call ${at}`).toContain(last);

        for (const session of endsAll === true ? [own, other] : [own]) {
          expect(await codeOf(sound.authenticate(bearer(session))), `at call ${at}`).toBe("revoked");
          expect(await codeOf(sound.refresh(session.refreshToken)), `at call ${at}`).toBe("invalid_refresh_token");
        }
        expect(stolen.length > 0, `at call ${at}`).toBe(tells === true);
        if (endsAll !== true) expect(await codeOf(sound.authenticate(bearer(other)))).toBe("ok");
        if (failure.calls < at) break;
      }
      expect(failures).toBeGreaterThan(1);
    },
  );
});

describe("a theft that was interrupted", () => {
  it.each<readonly [string, (auth: SessionAuthenticator, own: Session, sid: string) => Promise<unknown>]>([
    ["a log-out everywhere", (auth) => auth.logoutEverywhere("user-1")],
    ["a log-out of one session", (auth, _own, sid) => auth.logoutSession("user-1", sid)],
    ["a log-out by the access token", async (auth, own) => auth.logout(await auth.authenticate(bearer(own)))],
    ["a log-out by a refresh token", (auth, own) => auth.logoutByRefreshToken(own.refreshToken)],
    ["a login in its place", (auth, own) => auth.login(READER, { refreshToken: own.refreshToken })],
    ["a change of password", (auth) => auth.changePassword({ ...READER, newPassword: "next" })],
  ])("is told of by %s that completes it", async (_name, complete) => {
    const { start, stolen } = storesOf();
    const sound = start(null);
    const own = await sound.login(READER);
    const { sid } = (await sound.authenticate(bearer(own))).claims as { sid: string };
    await sound.refresh(own.refreshToken);
    // The session is marked as ended, and the blocklist fails.
    expect(await codeOf(start({ calls: 0, at: 3, how: "before" }).refresh(own.refreshToken))).toBe("unavailable");
    expect(stolen).toEqual([]);
    await complete(sound, own, sid);
    expect(stolen).toEqual([{ sid, userId: "user-1" }]);
  });
});

it("a change of password that was stored is completed by whoever knows the new one, and by nobody else", async () => {
  const { start } = storesOf();
  const sound = start(null);
  const before = await sound.login(READER);
  await sound.changePassword({ ...READER, newPassword: "next" });
  const again = await sound.changePassword({ ...READER, newPassword: "next" });
  expect(await codeOf(sound.authenticate(bearer(before)))).toBe("revoked");
  expect(await codeOf(sound.authenticate(bearer(again)))).toBe("ok");
  expect(await codeOf(sound.changePassword({ ...READER, newPassword: "another" }))).toBe("invalid_credentials");
  expect(await codeOf(sound.login({ ...READER, password: "next" }))).toBe("ok");
});

describe("a login that was answered 503", () => {
  it.concurrent.each(["throws after it stored", "is late"])(
    "leaves no session behind where its store %s",
    async (how) => {
      const inner = memoryRefreshStore();
      const users = memoryUsers();
      users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
      const startSession: typeof inner.startSession = async (...args) => {
        if (how === "is late") await new Promise((resolve) => setTimeout(resolve, 60));
        await inner.startSession(...args);
        throw new Error("down");
      };
      const auth = createAuthenticator({
        token: profileOf(),
        users,
        passwords,
        refresh: { store: { ...inner, startSession } },
        storeTimeoutMs: 30,
      });
      expect(await codeOf(auth.login(READER))).toBe("unavailable");
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await auth.sessions("user-1")).toEqual([]);
      expect(await inner.endSessions("user-1", new Date())).toEqual([]);
    },
  );
});

describe("a request's time", () => {
  it("is one budget for all that it asks", async () => {
    const slow = <Part extends object>(part: Part): Part =>
      Object.fromEntries(
        Object.entries(part).map(([name, method]) => [
          name,
          async (...args: unknown[]) => {
            await new Promise((resolve) => setTimeout(resolve, 90));
            return method(...args);
          },
        ]),
      ) as Part;
    const verbs: ((auth: SessionAuthenticator, refreshToken: string) => Promise<unknown>)[] = [
      (auth) => auth.login(READER),
      (auth, refreshToken) => auth.refresh(refreshToken),
      (auth, refreshToken) => auth.logoutByRefreshToken(refreshToken),
      (auth) => auth.logoutEverywhere("user-1"),
      (auth) => auth.changePassword({ ...READER, newPassword: "next" }),
    ];
    const asked = verbs.map(async (verb) => {
      const users = memoryUsers();
      users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
      const blocklist = memoryBlocklist({ now: () => NOW });
      const store = memoryRefreshStore();
      const common = { token: profileOf(), passwords };
      const { refreshToken } = await createAuthenticator({ ...common, users, blocklist, refresh: { store } }).login(
        READER,
      );
      const auth = createAuthenticator({
        ...common,
        users: slow(users),
        blocklist: slow(blocklist),
        refresh: { store: slow(store) },
        storeTimeoutMs: 100,
        requestTimeoutMs: 200,
      }) as SessionAuthenticator;
      const began = performance.now();
      const error = await verb(auth, refreshToken).catch((it: unknown) => it);
      expect(isAuthError(error) && error.status).toBe(503);
      expect(performance.now() - began).toBeLessThan(400);
    });
    await Promise.all(asked);
  });

  it("is not begun for a store where hashing has used it up", async () => {
    const asked: string[] = [];
    const users = memoryUsers();
    users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
    const slow = { ...passwords, compare: () => new Promise<boolean>((resolve) => setTimeout(resolve, 60, true)) };
    const findById = async (id: string) => {
      asked.push(id);
      return users.findById(id);
    };
    const claims = () => {
      const end = performance.now() + 80; // holds the event loop up
      while (performance.now() < end);
      return {};
    };
    const auth = createAuthenticator({
      token: profileOf(),
      users: { ...users, findById },
      passwords: slow,
      claims,
      refresh: { store: memoryRefreshStore() },
      requestTimeoutMs: 100,
    });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(asked).toEqual([]);
  });

  it("is not begun for a hash where stores have used it up", async () => {
    const hashed: string[] = [];
    const users = memoryUsers();
    users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
    let calls = 0;
    const findCredentials: typeof users.findCredentials = (login) => {
      calls += 1;
      const end = performance.now() + (calls === 2 ? 150 : 0); // holds the event loop up
      while (performance.now() < end);
      return users.findCredentials(login);
    };
    const compare: typeof passwords.compare = async (password) => hashed.push(password) > 0;
    const auth = createAuthenticator({
      token: profileOf(),
      users: { ...users, findCredentials },
      passwords: { ...passwords, compare },
      requestTimeoutMs: 100,
    });
    expect(await codeOf(auth.login(READER))).toBe("overloaded");
    expect(hashed).toEqual([]);
  });

  it("is what a schema has too, at login and at the guard", async () => {
    const schema = (validate: () => unknown) => ({ "~standard": { version: 1, vendor: "test", validate } });
    let isHanging = false;
    const token = profileOf(undefined, {
      schema: schema(() => (isHanging ? new Promise(() => {}) : { value: {} })),
    } as object);
    const users = memoryUsers();
    users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
    const auth = createAuthenticator({ token, users, passwords, storeTimeoutMs: 50, requestTimeoutMs: 300 } as never);
    const header = bearer((await auth.login(READER)) as Session);
    expect(await codeOf(auth.authenticate(header))).toBe("ok");
    isHanging = true;
    const answers = [auth.login(READER), auth.authenticate(header)].map(codeOf);
    expect(await Promise.all(answers)).toEqual(["unavailable", "unavailable"]);
  });

  it("is a whole number of milliseconds", () => {
    for (const requestTimeoutMs of [0, Number.NaN, "1"]) {
      const options = { token: profileOf(), users: memoryUsers(), requestTimeoutMs: requestTimeoutMs as number };
      expect(() => createAuthenticator(options)).toThrow(/requestTimeoutMs must be a whole number/);
    }
  });
});
