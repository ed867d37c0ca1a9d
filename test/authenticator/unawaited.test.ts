import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiKeys } from "../../src/api-keys.ts";
import {
  comparePassword,
  createAuthenticator,
  createGuard,
  createPasswordHasher,
  defineToken,
  hashPassword,
  issueToken,
  needsRehash,
  secretKey,
} from "../../src/index.ts";
import { createOneTimeCodes, createOneTimeTokens } from "../../src/one-time.ts";
import {
  memoryApiKeys,
  memoryBlocklist,
  memoryOneTimeStore,
  memoryRefreshStore,
  memoryUsers,
} from "../../src/stores/memory.ts";

const token = defineToken({ keys: secretKey("x".repeat(32)), issuer: "https://api.example.com", audience: "api" });
const guard = createGuard({ token });
const auth = createAuthenticator({
  token,
  users: memoryUsers(),
  blocklist: memoryBlocklist(),
  refresh: { store: memoryRefreshStore() },
});
const keys = createApiKeys({ store: memoryApiKeys(), prefix: "acme" });
const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "reset", lifetime: "1h" });
const codes = createOneTimeCodes({ store: memoryOneTimeStore(), purpose: "code", lifetime: "10m" });

/** What is called with a promise in the place of its value. */
const CALLS: Readonly<Record<string, (promise: never) => unknown>> = {
  hashPassword: (promise) => hashPassword(promise),
  "comparePassword, the password": (promise) => comparePassword(promise, null),
  "comparePassword, the hash": (promise) => comparePassword("password", promise),
  createPasswordHasher: (promise) => createPasswordHasher(promise),
  createGuard: (promise) => createGuard(promise),
  "issueToken, the options": (promise) => issueToken({ sub: "user-1" }, token, promise),
  needsRehash: (promise) => needsRehash(promise),
  issueToken: (promise) => issueToken(promise, token),
  "issueToken, a claim": (promise) => issueToken({ sub: "user-1", tenant: promise }, token),
  authenticateToken: (promise) => guard.authenticateToken(promise),
  login: (promise) => auth.login(promise),
  verifyPassword: (promise) => auth.verifyPassword(promise),
  startSession: (promise) => auth.startSession(promise),
  reauthenticate: (promise) => auth.reauthenticate(promise, "password"),
  changePassword: (promise) => auth.changePassword(promise),
  resetPassword: (promise) => auth.resetPassword("user-1", promise),
  refresh: (promise) => auth.refresh(promise),
  logout: (promise) => auth.logout(promise),
  logoutEverywhere: (promise) => auth.logoutEverywhere(promise),
  logoutSession: (promise) => auth.logoutSession("user-1", promise),
  logoutByRefreshToken: (promise) => auth.logoutByRefreshToken(promise),
  inspectRefreshToken: (promise) => auth.inspectRefreshToken(promise),
  sessions: (promise) => auth.sessions(promise),
  "keys.create": (promise) => keys.create(promise),
  "keys.verify": (promise) => keys.verify(promise),
  "keys.list": (promise) => keys.list(promise),
  "keys.revoke": (promise) => keys.revoke("user-1", promise),
  "keys.revokeAll": (promise) => keys.revokeAll(promise),
  "keys.rotate": (promise) => keys.rotate("user-1", promise),
  "tickets.issue": (promise) => tickets.issue(promise),
  "tickets.find": (promise) => tickets.find(promise),
  "tickets.consume": (promise) => tickets.consume(promise),
  "tickets.revoke": (promise) => tickets.revoke(promise),
  "codes.issue": (promise) => codes.issue(promise),
  "codes.consume": (promise) => codes.consume("user-1", promise),
  "codes.revoke": (promise) => codes.revoke(promise),
};

describe("a promise in the place of its value", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);

  beforeEach(() => {
    process.on("unhandledRejection", note);
  });

  afterEach(() => {
    process.off("unhandledRejection", note);
  });

  it.each(Object.entries(CALLS))("is told to the developer: %s", async (_name, call) => {
    const answer = (async () => call(Promise.resolve("value") as never))();
    await expect(answer).rejects.toThrow(/is a promise: await it$/);
    await expect(answer).rejects.toBeInstanceOf(TypeError);
  });

  it.each(Object.entries(CALLS))("ends no process where it rejects, as for malformed JSON: %s", async (_name, call) => {
    const answer = (async () => call(Promise.reject(new Error("malformed")) as never))();
    await expect(answer).rejects.toThrow(TypeError);
    await turn();
    expect(unhandled.splice(0)).toEqual([]);
  });
});
