import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recallIdentity } from "../../src/adapters/adapter.ts";
import * as express from "../../src/adapters/express.ts";
import { errorHandler, login, requireAuth } from "../../src/adapters/express.ts";
import * as fastify from "../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import * as koa from "../../src/adapters/koa.ts";
import { createApiKeys } from "../../src/api-keys.ts";
import {
  comparePassword,
  createAuthenticator,
  createGuard,
  createPasswordHasher,
  decodeToken,
  defineToken,
  hashPassword,
  issueToken,
  needsRehash,
  parseBearer,
  protectedResource,
  publicJwks,
  secretKey,
  trustIssuer,
  verifyToken,
} from "../../src/index.ts";
import { createOneTimeCodes, createOneTimeTokens } from "../../src/one-time.ts";
import {
  memoryApiKeys,
  memoryBlocklist,
  memoryOneTimeStore,
  memoryRefreshStore,
  memoryUsers,
} from "../../src/stores/memory.ts";
import { mintToken } from "../../src/testing/token.ts";

const token = defineToken({ keys: secretKey("x".repeat(32)), issuer: "https://api.example.com", audience: "api" });
const guard = createGuard({ token });
const users = memoryUsers();
users.add({ id: "user-1", login: "reader", passwordHash: null });
const blocklist = memoryBlocklist();
const auth = createAuthenticator({
  token,
  users,
  blocklist,
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
  verifyToken: (promise) => verifyToken(promise, token),
  "verifyToken, the profile": (promise) => verifyToken("token", promise),
  decodeToken: (promise) => decodeToken(promise),
  parseBearer: (promise) => parseBearer(promise),
  secretKey: (promise) => secretKey(promise),
  "defineToken, keys": (promise) => defineToken({ keys: promise, issuer: "a", audience: "b" }),
  publicJwks: (promise) => publicJwks(promise),
  trustIssuer: (promise) => trustIssuer(promise, { audience: "b" }),
  "createGuard, token": (promise) => createGuard({ token: promise }),
  mintToken: (promise) => mintToken({} as never, promise),
  "createGuard, blocklist": (promise) => createGuard({ token, blocklist: promise }),
  "createAuthenticator, users": (promise) => createAuthenticator({ token, users: promise }),
  authenticate: (promise) => guard.authenticate(promise),
  "authenticate, one of several": (promise) => guard.authenticate([promise]),
  "authenticate, the headers": (promise) => guard.authenticate({ headers: promise }),
  "authenticate, the header": (promise) => guard.authenticate({ headers: { authorization: promise } }),
  "authenticate, the header of Node": (promise) =>
    guard.authenticate({ headers: { authorization: promise }, rawHeaders: [] }),
  "authenticate, the header of Fetch": (promise) => guard.authenticate({ headers: { get: () => promise } }),
  "authenticate, a list of one": (promise) => guard.authenticate({ headers: { authorization: [promise] as never } }),
  authenticateOptional: (promise) => guard.authenticateOptional({ headers: { authorization: promise } }),
  "authOf, of Express": (promise) => express.authOf(promise, guard),
  "authOf, of Koa": (promise) => koa.authOf(promise, guard),
  "authOf, of Fastify": (promise) => fastify.authOf(promise, guard),
  "authOf, of Fetch": (promise) => fetchAdapter.authOf(promise, guard),
  "authOf, the guard": (promise) => express.authOf({} as never, promise),
  "optionalAuthOf, of Express": (promise) => express.optionalAuthOf(promise, guard),
  "optionalAuthOf, of Koa": (promise) => koa.optionalAuthOf(promise, guard),
  "optionalAuthOf, of Fastify": (promise) => fastify.optionalAuthOf(promise, guard),
  "optionalAuthOf, of Fetch": (promise) => fetchAdapter.optionalAuthOf(promise, guard),
  "optionalAuthOf, the guard": (promise) => koa.optionalAuthOf({ state: {} }, promise),
  recallIdentity: (promise) => recallIdentity(promise, guard),
  requireAuth: (promise) => requireAuth(promise),
  "login, the handler": (promise) => login(promise),
  errorHandler: (promise) => errorHandler(promise),
  "login, the login": (promise) => auth.login({ login: promise, password: "password" }),
  "login, the password": (promise) => auth.login({ login: "reader", password: promise }),
  "resetPassword, the user": (promise) => auth.resetPassword(promise, "new password"),
  "refresh, one of several": (promise) => auth.refresh([promise] as never),
  "startSession, the former one": (promise) => auth.startSession({ id: "user-1" }, { refreshToken: promise }),
  "startSession, the device": (promise) => auth.startSession({ id: "user-1" }, { device: { label: promise } }),
  "login, the device of the origin": (promise) =>
    auth.login({ login: "reader", password: "x" }, { ip: "192.0.2.7", device: { userAgent: promise } }),
  "login, the origin": (promise) => auth.login({ login: "reader", password: "x" }, { ip: promise }),
  "protectedResource, within members": (promise) =>
    protectedResource({ resource: "https://api.example.com", members: { policy: { of: promise } } }),
  "users.setPasswordHash": (promise) => users.setPasswordHash("user-1", promise, new Date()),
  "users.replacePasswordHash": (promise) => users.replacePasswordHash("user-1", "", promise),
  "blocklist.revokeUser": (promise) => blocklist.revokeUser(promise, new Date(), new Date()),
  "blocklist.revokeToken": (promise) => blocklist.revokeToken(promise, new Date()),
  "blocklist.revokeSession": (promise) => blocklist.revokeSession(promise, new Date()),
  issueToken: (promise) => issueToken(promise, token),
  "issueToken, a claim": (promise) => issueToken({ sub: "user-1", tenant: promise }, token),
  "issueToken, within a claim": (promise) => issueToken({ sub: "user-1", roles: [{ of: promise }] }, token),
  "tickets.issue, the data": (promise) => tickets.issue("user-1", promise),
  "tickets.issue, within the data": (promise) => tickets.issue("user-1", { emails: [promise] } as never),
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

it.each([undefined, null, "GET /"])("authOf(%o) is told to the developer", (request) => {
  for (const { authOf, optionalAuthOf } of [express, koa, fastify]) {
    expect(() => authOf(request as never, guard)).toThrow(/^authOf\(request, guard\): put requireAuth/);
    expect(() => optionalAuthOf(request as never, guard)).toThrow(/^optionalAuthOf: put optionalAuth/);
  }
});

it("authOf finds whoever asks by a request that is a function, as a mock's is", async () => {
  const accessToken = await issueToken({ sub: "user-1" }, token);
  const request = Object.assign(() => undefined, { headers: { authorization: `Bearer ${accessToken}` } });
  await new Promise((next) => requireAuth(guard)(request as never, {} as never, next));
  expect(express.authOf(request as never, guard).userId).toBe("user-1");
});

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

  it("ends no process where it is one of several", async () => {
    const rejecting = () => Promise.reject(new Error("malformed")) as never;
    const input = { login: "reader", password: "x" };
    const calls = [
      auth.login({ login: rejecting(), password: rejecting() }),
      auth.login(input, { ip: rejecting(), device: { label: rejecting(), address: rejecting() } }),
      auth.startSession({ id: "user-1" }, { device: { label: rejecting(), userAgent: rejecting() } }),
      issueToken({ sub: "user-1", roles: rejecting(), tenant: rejecting() }, token),
      tickets.issue("user-1", { one: rejecting(), other: rejecting() } as never),
    ];
    for (const answer of await Promise.allSettled(calls)) expect(answer.status).toBe("rejected");
    await turn();
    expect(unhandled.splice(0)).toEqual([]);
  });

  // JSON leaves functions out, also where they are promises.
  const outsideJson = Object.entries(CALLS).filter(([name]) => !/claim|within/.test(name));
  it.each(outsideJson)("may be callable: %s", async (_name, call) => {
    const callable = Object.assign(() => undefined, { then: () => undefined });
    await expect((async () => call(callable as never))()).rejects.toBeInstanceOf(TypeError);
  });

  it("is not begun by the refusal, where it is a query that begins when it is awaited", async () => {
    let begun = 0;
    const query = { then: () => (begun += 1) };
    await expect(auth.sessions(query as never)).rejects.toThrow(/is a promise: await it$/);
    expect(begun).toBe(0);
  });

  it("is not looked for by what can't be read twice", async () => {
    let reads = 0;
    const once = {
      none: {},
      get value() {
        reads += 1;
        if (reads > 1) throw new Error("read twice");
        return "read";
      },
    };
    expect(decodeToken(await issueToken({ sub: "user-1", once }, token)).claims.once).toEqual({
      none: {},
      value: "read",
    });
  });
});
