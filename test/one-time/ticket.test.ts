import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { scopes } from "../../src/guard/rules.ts";
import { type TicketIdentity, ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryOneTimeStore } from "../../src/stores/memory/one-time.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

interface Data {
  readonly sid: string;
  readonly scopes: readonly string[];
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "ok",
    (error) => (isAuthError(error) ? error.code : error),
  );

function house(store = memoryOneTimeStore()) {
  const now = () => NOW;
  const blocklist = memoryBlocklist({ now });
  const tickets = createOneTimeTokens<Data>({ store, purpose: "socket", lifetime: "30s", now, onOutage: () => {} });
  const credential = ticket(tickets, { identity: ({ data }) => data });
  const token = profileOf(undefined, { now });
  const guard = createGuard({ credentials: [bearer(token), credential], blocklist, onOutage: () => {} });
  const ask = (query: string, headers: Record<string, string> = {}) =>
    guard.authenticate({ method: "GET", url: `/feed${query}`, headers });
  return { tickets, guard, blocklist, store, ask };
}

describe("a ticket in the query", () => {
  it("says who is asking, and is good once", async () => {
    const { tickets, guard, ask } = house();
    const data = { sid: "s", scopes: ["read"] };
    const { token } = await tickets.issue("user-1", data);
    const identity = await ask(`?since=7&ticket=${token}#end`);
    expect(identity).toMatchObject({
      userId: "user-1",
      credential: "ticket",
      claims: data,
      sid: "s",
      scopes: ["read"],
    });
    expect(() => guard.authorize(identity, scopes("read"))).not.toThrow();
    expect(() => guard.authorize(identity, scopes("write"))).toThrow();
    expect(await codeOf(ask(`?ticket=${token}`))).toBe("invalid_token");
  });

  it("lets in one of fifty that come at once", async () => {
    const { tickets, ask } = house();
    const { token } = await tickets.issue("user-1", { sid: "s", scopes: [] });
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(ask(`?ticket=${token}`))));
    expect(codes.filter((code) => code === "ok")).toHaveLength(1);
    expect(codes.filter((code) => code === "invalid_token")).toHaveLength(49);
  });

  it("is refused once its user or its session was logged out", async () => {
    for (const cut of ["user", "session"]) {
      const { tickets, blocklist, ask } = house();
      const { token } = await tickets.issue("user-1", { sid: "s", scopes: [] });
      const until = new Date(NOW + 60_000);
      if (cut === "user") await blocklist.revokeUser("user-1", new Date(NOW), until);
      else await blocklist.revokeSession("s", until);
      expect(await codeOf(ask(`?ticket=${token}`))).toBe("revoked");
    }
  });

  it("is refused after a log-out where the lifetime was shortened meanwhile", async () => {
    const { store, blocklist, ask } = house();
    const before = createOneTimeTokens<Data>({ store, purpose: "socket", lifetime: "1h", now: () => NOW - 60_000 });
    const { token } = await before.issue("user-1", { sid: "s", scopes: [] });
    await blocklist.revokeUser("user-1", new Date(NOW - 30_000), new Date(NOW + 60_000));
    expect(await codeOf(ask(`?ticket=${token}`))).toBe("revoked");
  });

  it("is good after a log-out where the lifetime was lengthened meanwhile", async () => {
    const { store, blocklist, ask } = house();
    const before = createOneTimeTokens<Data>({ store, purpose: "socket", lifetime: 10, now: () => NOW - 1_000 });
    await blocklist.revokeUser("user-1", new Date(NOW - 2_000), new Date(NOW + 60_000));
    const { token } = await before.issue("user-1", { sid: "s", scopes: [] });
    expect(await codeOf(ask(`?ticket=${token}`))).toBe("ok");
  });

  it.each<readonly [string, string]>([
    ["", "missing_token"],
    ["?", "missing_token"],
    ["?tickets=x", "missing_token"],
    ["?ticket=", "invalid_token"],
    ["?ticket=x", "invalid_token"],
    ["?ticket=x&ticket=y", "invalid_request"],
    ["?ticket=x&ticket=x", "invalid_token"],
    [`?ticket=${"A".repeat(MEGABYTES)}`, "invalid_token"],
  ])("%.40s is answered %s", async (query, code) => {
    expect(await codeOf(house().ask(query))).toBe(code);
  });

  it("beside another credential is refused, and stays good", async () => {
    const { tickets, ask } = house();
    const { token } = await tickets.issue("user-1", { sid: "s", scopes: [] });
    const authorization = `Bearer ${signed({ ...CLAIMS })}`;
    expect(await codeOf(ask(`?ticket=${token}`, { authorization }))).toBe("invalid_request");
    expect(await codeOf(ask(`?ticket=${token}`))).toBe("ok");
  });

  it("is an outage where its store is down", async () => {
    const store = { ...memoryOneTimeStore(), find: () => Promise.reject(new Error("down")) };
    const { ask } = house(store);
    expect(await codeOf(ask(`?ticket=${"A".repeat(43)}`))).toBe("unavailable");
  });
});

const PROMISED = "a part of a ticket's identity is a promise: await it";
const IDENTITY = "ticket: identity must answer with a plain object, { scopes, sid }";
const SCOPES = "ticket: identity: scopes must be a list of strings";
const SID = "ticket: identity: sid must be a session's id, or null";

it.each<readonly [string, unknown, string]>([
  ["a promised scope", { scopes: ["read", Promise.resolve("write")] }, PROMISED],
  ["promised scopes", { scopes: Promise.resolve(["read"]) }, PROMISED],
  ["a promised session", { sid: Promise.resolve("s") }, PROMISED],
  ["scopes in text", { scopes: "read write" }, SCOPES],
  ["a scope that is none", { scopes: [7] }, SCOPES],
  ["a session without an id", { sid: "" }, SID],
  ["nothing", undefined, IDENTITY],
  ["a Map", new Map([["scopes", ["read"]]]), IDENTITY],
])("%s of identity is the application's mistake, and the ticket stays good", async (_what, answer, message) => {
  let given: unknown = answer;
  const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "socket", lifetime: "30s" });
  const told: unknown[] = [];
  const guard = createGuard({
    credentials: [ticket(tickets, { identity: () => given as TicketIdentity })],
    onOutage: ({ cause }) => told.push((cause as Error).message),
  });
  const { token } = await tickets.issue("user-1");
  const ask = () => codeOf(guard.authenticate({ method: "GET", url: `/feed?ticket=${token}`, headers: {} }));
  expect(await ask()).toBe("unavailable");
  expect(told).toEqual([message]);
  given = {};
  expect(await ask()).toBe("ok");
});

it("is not in a request that has no URL", async () => {
  const { guard } = house();
  expect(await codeOf(guard.authenticate({ headers: {} }))).toBe("missing_token");
  expect(await codeOf(guard.authenticate("Basic x"))).toBe("missing_token");
});

it("says nothing but whose it is, unless told", async () => {
  const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "file", lifetime: "30s" });
  const guard = createGuard({ credentials: [ticket(tickets, { parameter: "t" })] });
  const { token } = await tickets.issue("user-1");
  const identity = await guard.authenticate({ url: `https://x.example/?t=${token}`, headers: {} });
  expect(identity).toMatchObject({ userId: "user-1", claims: null, sid: null, scopes: [] });
});

it("is told later what a ticket says, and knows nobody where that fails", async () => {
  const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "file", lifetime: "30s" });
  const ask = async (identity: () => Promise<TicketIdentity>) => {
    const guard = createGuard({ credentials: [ticket(tickets, { identity })], onOutage: () => {} });
    const { token } = await tickets.issue("user-1");
    return guard.authenticate({ url: `/?ticket=${token}`, headers: {} });
  };
  expect(await ask(async () => ({ scopes: ["read"], sid: "s" }))).toMatchObject({ scopes: ["read"], sid: "s" });
  expect(await codeOf(ask(() => Promise.reject(new Error("of the application"))))).toBe("unavailable");
});

it.each<readonly [unknown, unknown, RegExp]>([
  [{}, undefined, /must be an object with the methods find, consume/],
  [null, undefined, /must be an object with the methods find, consume/],
  [{ find() {}, consume() {} }, { params: "x" }, /there is no option "params"/],
  [{ find() {}, consume() {} }, { parameter: "" }, /parameter must be a non-empty string/],
  [{ find() {}, consume() {} }, { identity: "x" }, /identity must be a function/],
])("refuses %o with %o when it is made", (tickets, options, message) => {
  expect(() => ticket(tickets as never, options as never)).toThrow(message);
});
