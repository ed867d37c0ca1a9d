import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { createApiKeys } from "../../src/api-keys/create.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { AuthError } from "../../src/core/errors.ts";
import type { AuthEvent, SessionStartedEvent } from "../../src/events/event.ts";
import { createOneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import { memoryApiKeys } from "../../src/stores/memory/api-keys.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryOneTimeStore } from "../../src/stores/memory/one-time.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { cheapPasswords } from "../../src/testing/passwords.ts";
import { houseOf, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const ignore = (): undefined => undefined;
const now = (): number => NOW;
const NEXT = "another password, and a long one";

/** An authenticator, and what it tells. */
function listen(options: object = {}) {
  const told: AuthEvent[] = [];
  const { users } = houseOf();
  const auth = createAuthenticator({
    token: profileOf(undefined, { now }),
    users,
    passwords: cheapPasswords(),
    refresh: { store: memoryRefreshStore() },
    blocklist: memoryBlocklist({ now }),
    onOutage: ignore,
    onEvent: (event) => told.push(event),
    ...options,
  });
  /** The types since the last look, or what each event says but for what all say. */
  const types = (): string[] => told.splice(0).map(({ type }) => type);
  const events = (): object[] =>
    told.splice(0).map(({ version, at, ...rest }) => {
      expect([version, at]).toEqual([1, NOW]);
      return rest;
    });
  return { auth, users, types, events, told };
}

describe("an authenticator tells of", () => {
  it("a login and its session, a refresh and a log-out", async () => {
    const { auth, events } = listen();
    const { accessToken, refreshToken } = await auth.login(READER);
    const { sid } = await auth.authenticate(`Bearer ${accessToken}`);
    const user = { userId: "user-1" };
    expect(events()).toEqual([
      { type: "session_started", ...user, sid, methods: ["pwd"] },
      { type: "login_succeeded", ...user },
    ]);
    const next = await auth.refresh(refreshToken);
    expect(events()).toEqual([{ type: "session_refreshed", ...user, sid }]);
    await auth.logoutByRefreshToken(next.refreshToken);
    expect(events()).toEqual([{ type: "session_ended", ...user, sid, reason: "logout" }]);
  });

  it("how a user proved who it is, in a list that no listener can change", async () => {
    const heard: unknown[] = [];
    const meddle = (event: AuthEvent): void => {
      if (event.type === "session_started") (event.methods as string[]).push("otp");
    };
    const subscriber = (event: unknown): unknown => heard.push(event);
    subscribe("hallpass:event", subscriber);
    const { auth } = listen({ onEvent: meddle });
    await auth.login(READER);
    await auth.startSession({ id: "user-1" }, { methods: ["hwk"] });
    unsubscribe("hallpass:event", subscriber);
    expect(heard).toMatchObject([{ methods: ["pwd"] }, { type: "login_succeeded" }, { methods: ["hwk"] }]);
    expect(heard.every(Object.isFrozen)).toBe(true);
  });

  it("refused logins, once each, and never of what was typed", async () => {
    const { auth, events, told } = listen();
    await auth.login({ ...READER, password: "wrong" }).catch(ignore);
    await auth.login({ login: "nobody@x.example", password: "wrong" }).catch(ignore);
    expect(JSON.stringify(told)).not.toMatch(/wrong|nobody|reader/);
    const refused = { type: "login_refused", code: "invalid_credentials" };
    expect(events()).toEqual([
      { ...refused, userId: "user-1" },
      { ...refused, userId: null },
    ]);
    await auth.startSession({ id: "nobody" }).catch(ignore);
    expect(events()).toEqual([{ ...refused, userId: "nobody" }]);
    const closing = listen({ claims: (user: object) => Object.assign(user, { disabled: true }) && {} });
    const proof = await closing.auth.verifyPassword(READER);
    closing.events();
    await closing.auth.startSession(proof).catch(ignore);
    expect(closing.events()).toEqual([{ ...refused, userId: "user-1" }]);
  });

  it("a refresh that is refused, by its code and nothing that was sent", async () => {
    const { auth, events, told } = listen();
    const { refreshToken } = await auth.login(READER);
    await auth.logoutByRefreshToken(refreshToken);
    events();
    for (const sent of [refreshToken, "a-guess", ""]) await auth.refresh(sent).catch(ignore);
    expect(JSON.stringify(told)).not.toMatch(/a-guess/);
    const refused = (code: string) => ({ type: "refresh_refused", code });
    expect(events()).toEqual([
      refused("invalid_refresh_token"),
      refused("invalid_refresh_token"),
      refused("malformed_refresh_token"),
    ]);
    const down = { ...memoryRefreshStore(), findSession: () => Promise.reject(new Error("down")) };
    const other = listen({ refresh: { store: down } });
    await other.auth.refresh(refreshToken).catch(ignore);
    expect(other.types()).toEqual(["outage"]);
  });

  it("the session that made room for another one", async () => {
    const { auth, events } = listen({ refresh: { store: memoryRefreshStore(), maxSessions: 1 } });
    const { accessToken } = await auth.login(READER);
    const { sid } = await auth.authenticate(`Bearer ${accessToken}`);
    events();
    await auth.login(READER);
    expect(events()[0]).toEqual({ type: "session_ended", userId: "user-1", sid, reason: "limit" });
  });

  it("methods that no listener can change", async () => {
    const { auth, told } = listen();
    await auth.startSession({ id: "user-1" }, { methods: ["otp"] });
    expect(Object.isFrozen((told[0] as SessionStartedEvent).methods)).toBe(true);
  });

  it("a throttled login, with its wait", async () => {
    const consume = () => Promise.reject({ msBeforeNext: 30_000 });
    const pass = { consume: async () => 1, reward: async () => 1 };
    const throttle = { account: pass, address: { consume, reward: consume } };
    const { auth, events } = listen({ throttle });
    await auth.login(READER, { ip: "192.0.2.1" }).catch(ignore);
    expect(events()).toEqual([{ type: "login_throttled", userId: null, code: "too_many_attempts", retryAfter: 30 }]);
  });

  it("theft", async () => {
    const { auth, types } = listen({ refresh: { store: memoryRefreshStore(), reuseGrace: 0 } });
    const { refreshToken } = await auth.login(READER);
    const next = await auth.refresh(refreshToken);
    await auth.refresh(next.refreshToken);
    types();
    await auth.refresh(refreshToken).catch(ignore);
    expect(types()).toEqual(["session_ended", "refresh_token_reused", "refresh_refused"]);
  });

  it("a cut, and each session that it ends", async () => {
    const { auth, types } = listen();
    await auth.login(READER);
    await auth.login(READER);
    types();
    await auth.logoutEverywhere("user-1");
    expect(types()).toEqual(["session_ended", "session_ended", "logged_out_everywhere"]);
  });

  it("passwords that are verified, proved again, changed and reset", async () => {
    const { auth, types, events } = listen();
    const proof = await auth.verifyPassword(READER);
    expect(events()).toEqual([{ type: "password_verified", userId: "user-1" }]);
    const { accessToken } = await auth.startSession(proof, { methods: ["pwd", "otp"] });
    expect(types()).toEqual(["session_started"]);
    const identity = await auth.authenticate(`Bearer ${accessToken}`);
    await auth.reauthenticate(identity, READER);
    expect(events()).toEqual([{ type: "reauthenticated", userId: "user-1", sid: identity.sid }]);
    await auth.changePassword({ ...READER, newPassword: NEXT });
    expect(types().at(-1)).toBe("password_changed");
    await auth.resetPassword("user-1", READER.password);
    expect(types().at(-1)).toBe("password_reset");
  });

  it("a log-out of a token where there are no sessions", async () => {
    const told: AuthEvent[] = [];
    const auth = createAuthenticator({
      token: profileOf(undefined, { now }),
      users: houseOf().users,
      passwords: cheapPasswords(),
      blocklist: memoryBlocklist({ now }),
      onEvent: (event) => told.push(event),
    });
    const { accessToken } = await auth.login(READER);
    await auth.logout(await auth.authenticate(`Bearer ${accessToken}`));
    expect(told.map(({ version, at, ...rest }) => rest)).toEqual([
      { type: "session_started", userId: "user-1", sid: null, methods: ["pwd"] },
      { type: "login_succeeded", userId: "user-1" },
      { type: "session_ended", userId: "user-1", sid: null, reason: "logout" },
    ]);
  });

  it("an outage, and not of a refusal", async () => {
    const { auth, events, users } = listen();
    const down = { ...users, findCredentials: () => Promise.reject(new AuthError("expired")) };
    const other = listen({ users: down });
    await other.auth.login(READER).catch(ignore);
    expect(other.types()).toEqual(["outage"]);
    await auth.sessions("user-1");
    expect(events()).toEqual([]);
  });
});

it("one-time tokens and codes tell that they are issued and used, by their purpose", async () => {
  const told: unknown[] = [];
  const options = { store: memoryOneTimeStore(), now, onEvent: (event: unknown) => told.push(event) };
  const tokens = createOneTimeTokens({ ...options, purpose: "reset", lifetime: "1h" });
  const codes = createOneTimeCodes({ ...options, purpose: "second-factor" });
  const { token } = await tokens.issue("user-1");
  await tokens.consume(token);
  await tokens.consume(token);
  const { code } = await codes.issue("user-1");
  await codes.consume("user-1", code);
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`${token}|${code}`));
  const of = (type: string, purpose: string) => ({ type, userId: "user-1", purpose, version: 1, at: NOW });
  expect(told).toEqual([
    of("one_time_token_issued", "reset"),
    of("one_time_token_used", "reset"),
    { ...of("one_time_token_refused", "reset"), userId: null, reason: "worthless" },
    of("one_time_token_issued", "second-factor"),
    of("one_time_token_used", "second-factor"),
  ]);
});

it("one-time codes tell that they are refused, of whom, and whether the tries are used up", async () => {
  const told: unknown[] = [];
  const time = { at: NOW };
  const codes = createOneTimeCodes({
    store: memoryOneTimeStore(),
    purpose: "second-factor",
    tries: 2,
    now: () => time.at,
    onEvent: (event) => void told.push(event.type === "one_time_token_refused" ? [event.userId, event.reason] : null),
  });
  const { code } = await codes.issue("user-1");
  const wrong = code === "000000" ? "000001" : "000000";
  told.length = 0;
  for (const [userId, given] of [
    ["user-1", "x"],
    [7, code],
    ["a password", code],
    ["user-1", wrong],
  ] as const) {
    expect(await codes.consume(userId, given)).toBeNull();
  }
  time.at += 600_000; // It has expired.
  expect(await codes.consume("user-1", code)).toBeNull();
  const { code: next } = await codes.issue("user-1");
  const other = next === "000000" ? "000001" : "000000";
  for (const given of [other, other, next]) expect(await codes.consume("user-1", given)).toBeNull();
  const [worthless, used] = [
    ["user-1", "worthless"],
    ["user-1", "tries"],
  ];
  const unknown = [null, "worthless"];
  expect(told).toEqual([unknown, unknown, unknown, worthless, worthless, null, worthless, worthless, used]);
});

it("API keys tell that they are created, used, rotated and revoked, by their ids", async () => {
  const told: AuthEvent[] = [];
  const onEvent = (event: AuthEvent) => told.push(event);
  const keys = createApiKeys({ store: memoryApiKeys(), prefix: "acme", maxKeys: 2, now, onEvent, onOutage: ignore });
  const created = await keys.create({ userId: "user-1" });
  await keys.verify(created?.key);
  const id = created?.apiKey.id ?? "";
  const rotated = await keys.rotate("user-1", id);
  await keys.revoke("user-1", id);
  await keys.revoke("user-1", id);
  await keys.revokeAll("user-1");
  await keys.verify("acme_x").catch(ignore);
  expect(JSON.stringify(told)).not.toContain(created?.key);
  expect(told.map(({ version, at, ...rest }) => rest)).toEqual([
    { type: "api_key_created", userId: "user-1", keyId: id },
    { type: "api_key_used", userId: "user-1", keyId: id },
    { type: "api_key_rotated", userId: "user-1", keyId: id, newKeyId: rotated?.apiKey.id },
    { type: "api_key_revoked", userId: "user-1", keyId: id },
    { type: "api_keys_revoked", userId: "user-1" },
  ]);
});

it.each([
  [
    "createOneTimeTokens",
    () => createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "x", lifetime: "1h", onEvent: 1 as never }),
  ],
  ["createApiKeys", () => createApiKeys({ store: memoryApiKeys(), prefix: "acme", onEvent: 1 as never })],
])("%s takes a function as a listener, and nothing else", (_name, build) => {
  expect(build).toThrow(/onEvent must be a function/);
});
