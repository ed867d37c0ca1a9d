import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { PasswordHasher } from "../../src/core/password/hasher.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, type House, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const REFUSED = "invalid_credentials";
const bearer = ({ accessToken }: { accessToken: string }): string => `Bearer ${accessToken}`;

/** Holds one call up, once, between its work and its answer. */
function gate() {
  let open: () => void = () => undefined;
  let isClosed = true;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let reached: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const held = <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      const answer = await call(...args);
      if (!isClosed) return answer;
      isClosed = false;
      reached();
      await opened;
      return answer;
    };
  };
  return { held, arrived, open };
}

type Gate = ReturnType<typeof gate>;

/** Where a login can be held up: after each thing that it reads or waits for. */
const HELD: Readonly<Record<string, (here: Gate, real: House) => object>> = {
  "the password is compared": ({ held }) => ({
    more: { passwords: { ...passwords, compare: held(passwords.compare) } },
  }),
  "the user was looked up": ({ held }, { users }) => ({ users: { findCredentials: held(users.findCredentials) } }),
  "the hash was read": ({ held }, { users }) => {
    const second = held(users.findCredentials);
    let calls = 0;
    return {
      users: {
        findCredentials: (login: string) => {
          calls += 1;
          return calls === 2 ? second(login) : users.findCredentials(login);
        },
      },
    };
  },
  "the claims are made": ({ held }) => ({ more: { claims: held(async () => ({})) } }),
  "the user was read again": ({ held }, { users }) => ({ users: { findById: held(users.findById) } }),
};

/** No login waits for a clock that is ahead by more than this. */
const TIMES = { storeTimeoutMs: 1_900, requestTimeoutMs: 1_900 };

/** What cuts a user off, on another node whose clock is as it may be. */
const CUTS: Readonly<Record<string, (node: House) => Promise<unknown>>> = {
  logoutEverywhere: ({ auth }) => auth.logoutEverywhere("user-1"),
  changePassword: ({ auth }) => auth.changePassword({ ...READER, newPassword: "next" }),
};

describe.each(Object.entries(HELD))("a login that is held up while %s", (when, hold) => {
  it.each(
    Object.entries(CUTS).flatMap(([name, cut]) => [0, -2_000, 2_000].map((ahead) => [name, ahead, cut] as const)),
  )("is refused where %s answered meanwhile, by a clock that is %i ms ahead", async (name, ahead, cut) => {
    const real = houseOf({ more: TIMES });
    const here = gate();
    const { auth } = houseOf({
      like: real,
      ...hold(here, real),
      more: { ...TIMES, ...(hold(here, real) as { more?: object }).more },
    });
    const login = auth.login(READER);
    await here.arrived;
    real.clock.now += 5;
    await cut(houseOf({ like: real, ahead, more: TIMES }));
    real.clock.now += 5;
    here.open();
    const result = await login.catch((error: { code: string }) => error.code);
    if (result === REFUSED) return;
    // The user was only looked up, and all that the login rests on is read after it: it is one that follows.
    expect([when, name]).toEqual(["the user was looked up", "logoutEverywhere"]);
    expect(ahead).not.toBe(0);
  });
});

describe.each(Object.entries(HELD))("a login that is held up while %s", (when, hold) => {
  it.each<readonly [string, (users: House["users"]) => Promise<unknown>]>([
    [
      "was disabled",
      async (users) => void Object.assign((await users.findById("user-1")) as object, { disabled: true }),
    ],
    ["was removed", async (users) => users.remove("user-1")],
    [
      "got another password elsewhere",
      async (users) => {
        const { passwordHash } = (await users.findCredentials("reader")) ?? {};
        await users.replacePasswordHash("user-1", passwordHash as string, await passwords.hash("other"), new Date(1));
      },
    ],
  ])("is refused where the user %s meanwhile", async (_what, change) => {
    const real = houseOf();
    const here = gate();
    const { auth } = houseOf({ like: real, ...hold(here, real) });
    const login = codeOf(auth.login(READER));
    await here.arrived;
    await change(real.users);
    here.open();
    // The last read is what it rests on: what changes after that is as if it came after the answer.
    if (when === "the user was read again" && _what === "was disabled")
      return expect(["ok", REFUSED]).toContain(await login);
    expect(await login).toBe(REFUSED);
  });
});

it("a login is refused where its name passes to a user with the same password, at whichever look", async () => {
  const other = { id: "user-2" };
  for (const at of [2, 3]) {
    const real = houseOf();
    real.users.add({ login: "other", passwordHash: null, user: other });
    let looks = 0;
    const findCredentials = async (name: string) => {
      looks += 1;
      const found = await real.users.findCredentials(name);
      return found !== null && looks >= at ? { ...found, user: other } : found;
    };
    const { auth } = houseOf({ like: real, users: { findCredentials } });
    expect([at, await codeOf(auth.login(READER))]).toEqual([at, REFUSED]);
  }
});

it("a disabled user proves and changes no password, and where there are no sessions is given no token either", async () => {
  const { auth, users } = houseOf();
  const user = (await users.findById("user-1")) as object;
  const claims = () => Object.assign(user, { disabled: true }) && {};
  expect(await codeOf(createAuthenticator({ token: profileOf(), users, passwords, claims }).login(READER))).toBe(
    REFUSED,
  );
  const before = await users.findCredentials("reader");
  expect(await codeOf(auth.verifyPassword(READER))).toBe(REFUSED);
  expect(await codeOf(auth.changePassword({ ...READER, newPassword: "next" }))).toBe(REFUSED);
  expect(await users.findCredentials("reader")).toEqual(before);
});

it("a login goes on where another one renewed the hash of the same password meanwhile", async () => {
  const real = houseOf();
  const here = gate();
  const { auth } = houseOf({
    like: real,
    more: { passwords: { ...passwords, compare: here.held(passwords.compare) } },
  });
  const login = codeOf(auth.login(READER));
  await here.arrived;
  const { passwordHash } = (await real.users.findCredentials("reader")) ?? {};
  await real.users.replacePasswordHash("user-1", passwordHash as string, await passwords.hash(PASSWORD));
  here.open();
  expect(await login).toBe("ok");
});

it("a login whose hash is another one at each look is answered 503, and not for ever", async () => {
  const real = houseOf();
  const findCredentials = async () => ({ user: { id: "user-1" }, passwordHash: await passwords.hash(PASSWORD) });
  const { auth } = houseOf({ like: real, users: { findCredentials } });
  expect(await codeOf(auth.login(READER))).toBe("unavailable");
  expect(await codeOf(auth.changePassword({ ...READER, newPassword: "next" }))).toBe("unavailable");
});

it("tokens and session of a login are dated by the moment before the hash was read", async () => {
  const real = houseOf();
  const here = gate();
  const { auth } = houseOf({
    like: real,
    more: { passwords: { ...passwords, compare: here.held(passwords.compare) } },
  });
  const login = auth.login(READER);
  await here.arrived;
  real.clock.now += 7_000;
  here.open();
  const { claims } = await auth.authenticate(bearer(await login));
  expect((claims as { iat?: number }).iat).toBe(NOW / 1_000);
  expect((await auth.sessions("user-1"))[0]?.createdAt).toEqual(new Date(NOW));
});

it("a session goes on under a password whose date a column rounds up, also the one that the change begins", async () => {
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: await passwords.hash(PASSWORD), user: { id: "user-1" } });
  const replacePasswordHash: typeof users.replacePasswordHash = (id, current, next, changedAt) =>
    users.replacePasswordHash(
      id,
      current,
      next,
      changedAt && new Date(Math.ceil((changedAt.getTime() + 1) / 1_000) * 1_000),
    );
  const { auth } = houseOf({ users: { ...users, replacePasswordHash } });
  const changed = await auth.changePassword({ ...READER, newPassword: "next" });
  const refreshed = await auth.refresh(changed.refreshToken);
  expect(await codeOf(auth.refresh(refreshed.refreshToken))).toBe("ok");
});

describe("with a tolerance for clocks that are apart", () => {
  const tolerant = (clock: { now: number }, ahead = 0) => ({
    more: { token: profileOf(undefined, { now: () => clock.now + ahead, clockTolerance: "60s" }) },
  });

  it("a log-out everywhere covers tokens of a machine whose clock is ahead, and not the login that follows", async () => {
    const clock = { now: NOW };
    const here = houseOf({ clock, ...tolerant(clock), refresh: undefined as never });
    const ahead = houseOf({ like: here, ...tolerant(clock, 20_000) });
    const [before, after] = [await ahead.auth.login(READER), await here.auth.logoutEverywhere("user-1")];
    void after;
    for (const node of [here, ahead]) expect(await codeOf(node.auth.authenticate(bearer(before)))).toBe("revoked");
    for (const node of [here, ahead]) {
      const login = await node.auth.login(READER);
      expect(await codeOf(node.auth.refresh(login.refreshToken))).toBe("ok");
      for (const verifier of [here, ahead]) expect(await codeOf(verifier.auth.authenticate(bearer(login)))).toBe("ok");
    }
  });
});

it("two log-outs and a login within one millisecond leave nothing alive", async () => {
  const { auth } = houseOf();
  await auth.logoutEverywhere("user-1");
  const login = await auth.login(READER);
  expect(await codeOf(auth.authenticate(bearer(login)))).toBe("ok");
  await auth.logoutEverywhere("user-1");
  expect(await codeOf(auth.authenticate(bearer(login)))).toBe("revoked");
  const last = await auth.login(READER);
  expect(await codeOf(auth.authenticate(bearer(last)))).toBe("ok");
});

it("two log-outs within one millisecond revoke what is issued between them, also where there are no sessions", async () => {
  const { users, blocklist } = houseOf();
  const auth = createAuthenticator({ token: profileOf(), users, passwords, blocklist });
  await auth.logoutEverywhere("user-1");
  const between = await auth.login(READER);
  await auth.logoutEverywhere("user-1");
  expect(await codeOf(auth.authenticate(bearer(between)))).toBe("revoked");
});

it("a login is refused where all sessions were ended meanwhile and there is no blocklist to say so", async () => {
  const real = houseOf({ blocklist: null });
  const here = gate();
  const held = { passwords: { ...passwords, compare: here.held(passwords.compare) } };
  const { auth } = houseOf({ like: real, blocklist: null, more: held });
  const login = codeOf(auth.login(READER));
  await here.arrived;
  await real.auth.logoutEverywhere("user-1");
  here.open();
  expect(await login).toBe(REFUSED);
  expect(await auth.sessions("user-1")).toEqual([]);
});

describe("a blocklist that can't tell up to when it revoked", () => {
  const blocklist = { revokedUpTo: undefined as never };

  it("makes a login and a refresh that follow a log-out everywhere wait for another millisecond", async () => {
    const { auth, clock } = houseOf({ blocklist });
    await auth.logoutEverywhere("user-1");
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(await codeOf(auth.startSession(await auth.verifyPassword(READER)))).toBe("unavailable");
    clock.now += 1;
    const login = await auth.login(READER);
    expect(await codeOf(auth.authenticate(bearer(login)))).toBe("ok");
    expect(await codeOf(auth.refresh(login.refreshToken))).toBe("ok");
  });

  it("gives no refresh a token that is revoked: the session that a change of password keeps has to wait, too", async () => {
    const { auth, clock } = houseOf({ blocklist });
    const { refreshToken, accessToken } = await auth.login(READER);
    const identity = await auth.authenticate(bearer({ accessToken }));
    clock.now += 1;
    const change = { password: PASSWORD, newPassword: "next" };
    expect(await codeOf(auth.changePassword(identity, change, {}, { keepSession: true }))).toBe("unavailable");
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    clock.now += 1;
    expect(await codeOf(auth.authenticate(bearer(await auth.refresh(refreshToken))))).toBe("ok");
  });

  it("lets a refresh date no token before its session, whose machine had a clock that is ahead", async () => {
    const here = houseOf({ blocklist });
    const ahead = houseOf({ like: here, ahead: 5 });
    await ahead.auth.logoutEverywhere("user-1");
    here.clock.now += 1;
    const { refreshToken } = await ahead.auth.login(READER);
    expect(await codeOf(here.auth.authenticate(bearer(await here.auth.refresh(refreshToken))))).toBe("ok");
  });
});

it("a log-out that is forgotten while a login is under way does not refuse it", async () => {
  const real = houseOf();
  const answers = [new Date(1), null];
  const { auth } = houseOf({ like: real, blocklist: { revokedUpTo: () => answers.shift() ?? null } });
  expect(await codeOf(auth.login(READER))).toBe("ok");
});

it("a login passes over whatever it is sent beside a refresh token", async () => {
  const { auth } = houseOf();
  const { refreshToken } = await auth.login(READER);
  for (const sent of [undefined, null, 7, {}, "", ["", {}], Array(50).fill("x"), [refreshToken, "x"]]) {
    expect(await codeOf(auth.login(READER, { refreshToken: sent }))).toBe("ok");
  }
  expect(await codeOf(auth.refresh(refreshToken))).toBe("invalid_refresh_token");
});

it("a hasher of the application's that hangs or is slow is 503 in time, and told that nobody waits for it", async () => {
  let signal: AbortSignal | undefined;
  const compare: PasswordHasher["compare"] = (_password, _hash, options) => {
    signal = options?.signal;
    return new Promise(() => {});
  };
  const { auth } = houseOf({ more: { passwords: { ...passwords, compare }, requestTimeoutMs: 100 } });
  const began = performance.now();
  expect(await codeOf(auth.login(READER))).toBe("overloaded");
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(signal?.aborted).toBe(true);
});
