import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { type StatusLists, type StatusListsOptions, statusLists } from "../../src/status-list.ts";
import { runs } from "../support/thorough.ts";
import { NOW, SECOND } from "../support/tokens.ts";
import { type ListServer, saying, signList, startListServer, writeList } from "./server.ts";

const jwk = await generateKey("ES256");
const other = await generateKey("ES256");
const keys = await importKey(publicJwks(await importKey(jwk)).keys[0] as JWK);

let server: ListServer;
let uri: string;

beforeAll(async () => {
  server = await startListServer();
  uri = `${server.origin}/lists/1`;
});
afterAll(() => server.stop());
beforeEach(() => {
  server.asked.length = 0;
});

interface Opened {
  readonly lists: StatusLists;
  readonly clock: { now: number };
  readonly outages: string[];
  /** What becomes of a token that says this of its status: `"ok"`, or the code and the cause of its refusal. */
  check(status?: unknown): Promise<string>;
}

function open(options: Partial<StatusListsOptions> = {}): Opened {
  const clock = { now: NOW };
  const outages: string[] = [];
  const lists = statusLists({
    keys,
    lists: `${server.origin}/lists/`,
    now: () => clock.now,
    onOutage: (error, { operation, refused, call }) =>
      outages.push(`${operation} ${call} ${refused}: ${(error.cause as Error).message}`),
    ...options,
  });
  const check = async (status: unknown = at(0)): Promise<string> => {
    try {
      await lists.check(status === null ? {} : { status });
      return "ok";
    } catch (error) {
      if (!isAuthError(error)) throw error;
      return `${error.code}: ${(error.cause as Error).message}`;
    }
  };
  return { lists, clock, outages, check };
}

const at = (idx: unknown, of: unknown = uri) => ({ status_list: { idx, uri: of } });

describe("a token whose list is at hand", () => {
  it("is good, revoked or suspended as the list says", async () => {
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0, 1, 2, 3, 0], 2) }));
    const { check, lists } = open();
    expect(await check(at(0))).toBe("ok");
    expect(await check(at(1))).toBe("revoked: the token's status is 1");
    expect(await check(at(2))).toBe("revoked: the token's status is 2");
    expect(await check(at(3))).toBe("revoked: the token's status is 3");
    expect(await check(at(4))).toBe("ok");
    expect(lists.check({ status: at(0) })).toBeUndefined(); // Nothing has to be waited for.
    expect(server.asked).toEqual(["/lists/1"]);
    expect(lists.stats()).toEqual({ [uri]: { ageMs: 0, loads: 1, failures: 0, nextTryAt: NOW + 30_000 } });
  });

  it("is asked about at each use, and the list is fetched once for all who ask at once", async () => {
    let status = 0;
    const texts = [0, 1].map((it) => signList(jwk, { sub: uri, status_list: writeList([it]) }));
    const [good, revoked] = await Promise.all(texts);
    server.answer = saying(() => (status === 0 ? good : revoked) as string);
    const { check, clock } = open();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => check())))).toEqual(new Set(["ok"]));
    expect(server.asked).toHaveLength(1);
    status = 1;
    clock.now += 39_999;
    expect(await check()).toBe("ok");
    expect(server.asked).toHaveLength(1);
    // From two thirds of the ttl on it is renewed in the background, and at its end everybody waits for the next one.
    clock.now = NOW + 60_000;
    expect(await check()).toBe("revoked: the token's status is 1");
    expect(server.asked).toHaveLength(2);
  });

  it("is asked about in a list of another file than a program wrote", async () => {
    server.answer = saying(`${await signList(jwk, { sub: uri, status_list: writeList([0]) })}\n`);
    expect(await open().check()).toBe("ok");
  });

  it.each<readonly [string, Record<string, unknown>, Partial<StatusListsOptions>, number, number]>([
    ["its ttl", { ttl: 300 }, {}, 300_000, 299_999],
    ["maxAge, where that is less", { ttl: 43_200 }, {}, 600_000, 599_999],
    ["maxAge, where it has no ttl", { ttl: undefined }, { maxAge: "2m" }, 120_000, 119_999],
    ["45 seconds at the least", { ttl: 1 }, {}, 45_000, 29_999],
  ])("is asked for again after %s", async (_what, claims, options, endsAt, stillAt) => {
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0]), ...claims }));
    const { check, clock } = open(options);
    await check();
    server.asked.length = 0;
    clock.now = NOW + Math.floor(stillAt / 1.5);
    expect(await check()).toBe("ok");
    expect(server.asked).toEqual([]);
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([1]), ...claims }));
    clock.now = NOW + endsAt;
    expect(await check()).toBe("revoked: the token's status is 1");
  });

  it("is asked about in the next list where its own ends before it", async () => {
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0]) }));
    const { check, clock } = open();
    expect(await check(at(7))).toBe("ok"); // The last byte has eight.
    const outside = `invalid_token: status.status_list.idx is 8, expected an index of the list at ${uri}`;
    expect(await check(at(8))).toBe(outside);
    expect(server.asked).toHaveLength(1);
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0, 0, 0, 0, 0, 0, 0, 0, 1, 0]) }));
    expect(await check(at(8))).toBe(outside); // It is not fetched twice within 30 seconds.
    clock.now += 30_000;
    expect(await check(at(9))).toBe("ok");
    expect(await check(at(8))).toBe("revoked: the token's status is 1");
    expect(server.asked).toHaveLength(2);
  });
});

describe("a token that says of its status", () => {
  const list = "status.status_list";
  it.each<readonly [unknown, string]>([
    [null, `${list} is missing, expected the place of its status`],
    [{}, `${list} is missing, expected the place of its status`],
    [{ other_mechanism: {} }, `${list} is missing, expected the place of its status`],
    ["active", 'status is "active", expected an object'],
    [[], "status is [], expected an object"],
    [{ status_list: null }, `${list} is null, expected an object`],
    [{ status_list: "0" }, `${list} is "0", expected an object`],
    [{ status_list: {} }, `${list}.idx is missing, expected a whole number from 0 on`],
    [at("0"), `${list}.idx is "0", expected a whole number from 0 on`],
    [at(-1), `${list}.idx is -1, expected a whole number from 0 on`],
    [at(0.5), `${list}.idx is 0.5, expected a whole number from 0 on`],
    [at(1e300), `${list}.idx is 1e+300, expected a whole number from 0 on`],
    [at(0, 7), `${list}.uri is 7, expected a URI of at most 1024 characters`],
    [at(0, ""), `${list}.uri is "", expected a URI of at most 1024 characters`],
  ])("%j is refused", async (status, why) => {
    const { check } = open();
    expect(await check(status)).toContain(`invalid_token: ${why}`);
    expect(server.asked).toEqual([]);
  });

  it("ten megabytes is refused at once", async () => {
    const started = performance.now();
    expect(await open().check(at(0, "x".repeat(10_000_000)))).toContain("invalid_token: status.status_list.uri is");
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("nothing is good where none is required", async () => {
    const { check } = open({ required: false });
    expect(await check(null)).toBe("ok");
    expect(await check({ other_mechanism: {} })).toBe("ok");
    expect(await check("active")).toContain("invalid_token");
  });

  it("an address that is not the issuer's is refused, and nobody asks there", async () => {
    const { check } = open({ lists: [`${server.origin}/lists/`, `${server.origin}/one`] });
    for (const wrong of [
      `${server.origin}/list/1`,
      `${server.origin}/lists`,
      `${server.origin}/lists/../secret`,
      `${server.origin}/lists/%2e%2e/secret`,
      `${server.origin}/one/more`,
      `${server.origin}/ones`,
      `${server.origin}.evil.example/lists/1`,
      `http://user@${server.origin.slice(7)}/lists/1`,
      `${server.origin}/lists/1#fragment`,
      "http://issuer.example/lists/1",
      "file:///etc/passwd",
      "lists/1",
      "urn:list:1",
    ]) {
      expect(await check(at(0, wrong)), wrong).toContain("invalid_token: status.status_list.uri is");
    }
    expect(server.asked).toEqual([]);
    server.answer = saying(await signList(jwk, { sub: `${server.origin}/one`, status_list: writeList([0]) }));
    expect(await check(at(0, `${server.origin}/one`))).toBe("ok");
  });

  it("an address is the issuer's by a function's word", async () => {
    const { check } = open({ lists: (it) => it === uri });
    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0]) }));
    expect(await check()).toBe("ok");
    expect(await check(at(0, `${uri}0`))).toContain("expected one that lists allows");
    for (const answer of ["yes", undefined, Promise.resolve(true), Promise.reject(new Error("down"))]) {
      const { check: wrong } = open({ lists: () => answer as never });
      expect(await wrong()).toBe("unavailable: statusLists: lists must answer true or false");
    }
  });
});

describe("a list that is not what it should be", () => {
  const good = async (claims: Record<string, unknown> = {}, header = {}, by: object = jwk) =>
    signList(by, { sub: uri, status_list: writeList([0]), ...claims }, header);
  const bomb = { bits: 1, lst: deflateSync(Buffer.alloc(runs(4_000_000, 64_000_000))).toString("base64url") };

  it.each<readonly [string, () => Promise<string>, RegExp]>([
    ["has another subject", () => good({ sub: `${uri}0` }), /sub is ".*\/lists\/10", expected ".*\/lists\/1"/],
    ["has no subject", () => good({ sub: undefined }), /sub is missing/],
    ["has another type", () => good({}, { typ: "at+jwt" }), /typ is "at\+jwt", expected "statuslist\+jwt"/],
    ["has no type", () => good({}, { typ: undefined }), /typ is missing/],
    ["is signed by another key", () => good({}, {}, other), /the signature does not hold/],
    ["has expired", () => good({ exp: SECOND }), /exp is \d+, and has been reached/],
    ["never expires", () => good({ exp: undefined }), /exp and iat must both be there/],
    ["was issued at no time", () => good({ iat: undefined }), /exp and iat must both be there/],
    ["has a ttl of 0", () => good({ ttl: 0 }), /ttl is 0, expected a number of seconds over 0/],
    ["has a ttl in words", () => good({ ttl: "12h" }), /ttl is "12h"/],
    ["has no list", () => good({ status_list: undefined }), /status_list.bits must be 1, 2, 4 or 8/],
    ["has three bits", () => good({ status_list: { bits: 3, lst: "" } }), /status_list.bits must be/],
    ["is no zlib stream", () => good({ status_list: { bits: 1, lst: "AAAA" } }), /is no zlib stream/],
    ["is a bomb", () => good({ status_list: bomb }), /status_list.lst has more than 1048576 bytes/],
    ["is no token", async () => "<html>", /three segments of base64url/],
    ["is empty", async () => "", /three segments of base64url/],
    ["is endless", async () => "x".repeat(1_048_577), /answered with more than 1048576 bytes/],
  ])("because it %s is 503, and its last one goes on", async (_what, write, why) => {
    const text = await write();
    server.answer = saying(text);
    const never = open();
    expect(await never.check()).toMatch(/^unavailable: /);
    expect(await never.check()).toMatch(why);
    expect(never.outages).toEqual([expect.stringMatching(/^fetchStatusList statusLists.fetch false: /)]);
    expect(never.outages[0]).toMatch(why);
    expect(server.asked).toHaveLength(1);

    server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0, 1]) }));
    const before = open();
    expect(await before.check()).toBe("ok");
    server.answer = saying(text);
    before.clock.now += 60_000;
    expect(await before.check(at(1))).toBe("revoked: the token's status is 1");
    expect(await before.check()).toBe("ok");
    expect(before.outages).toHaveLength(1);
  });
});

describe("a server that can't be asked", () => {
  const OUTAGES: readonly (readonly [string, ListServer["answer"]])[] = [
    ["answers 500", (_req, res) => res.writeHead(500).end()],
    ["answers 404", (_req, res) => res.writeHead(404).end()],
    ["hangs", () => undefined],
    ["hangs in its body", (_req, res) => res.writeHead(200).write("eyJ")],
    ["breaks off", (req) => req.socket.destroy()],
    ["redirects elsewhere", (_req, res) => res.writeHead(302, { Location: "https://issuer.example/lists/1" }).end()],
  ];

  const isWaitedFor = ([what]: (typeof OUTAGES)[number]): boolean => what.startsWith("hangs");
  const TITLE = "because it %s is 503 in bounded time, and the last list goes on for an hour";
  it.concurrent.each(OUTAGES.filter(isWaitedFor))(TITLE, meetOutage);
  it.each(OUTAGES.filter((it) => !isWaitedFor(it)))(TITLE, meetOutage);

  async function meetOutage(_what: string, fail: ListServer["answer"]): Promise<void> {
    const own = await startListServer();
    const sub = `${own.origin}/lists/1`;
    const [first, second] = [at(0, sub), at(1, sub)];
    const saySigned = async (statuses: readonly number[]) =>
      saying(await signList(jwk, { sub, exp: SECOND + 86_400, status_list: writeList(statuses) }));
    own.answer = await saySigned([0, 1]);
    const { check, clock, outages } = open({ lists: `${own.origin}/lists/`, timeoutMs: 200 });
    const never = open({ lists: `${own.origin}/lists/`, timeoutMs: 200 });
    await check(first);
    own.answer = fail;
    own.asked.length = 0;
    const started = performance.now();
    const refusals = await Promise.all(Array.from({ length: 100 }, () => never.check(first)));
    expect(refusals.every((it) => it.startsWith("unavailable: "))).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(own.asked).toHaveLength(1);
    clock.now = NOW + 60_000;
    expect(await check(first)).toBe("ok");
    expect(await check(second)).toBe("revoked: the token's status is 1");
    expect(outages).toHaveLength(1);
    // Its freshness was two thirds of the ttl, and it goes on an hour longer.
    clock.now = NOW + 40_000 + 3_599_999;
    expect(await check(first)).toBe("ok");
    clock.now += 1;
    expect(await check(first)).toMatch(/^unavailable: /);
    own.answer = await saySigned([0]);
    clock.now += 300_000;
    expect(await check(first)).toBe("ok");
    await own.stop();
  }

  it("makes no list good beyond its own end", async () => {
    server.answer = saying(await signList(jwk, { sub: uri, exp: SECOND + 100, ttl: 600, status_list: writeList([0]) }));
    const { check, clock } = open({ clockTolerance: 5 });
    expect(await check()).toBe("ok");
    clock.now = NOW + 104_999;
    expect(await check()).toBe("ok");
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.now += 1;
    expect(await check()).toMatch(/^unavailable: .* answered 500$/);
    server.answer = saying(await signList(jwk, { sub: uri, exp: SECOND + 900, status_list: writeList([0]) }));
    clock.now += 30_000;
    expect(await check()).toBe("ok");
  });

  it("leaves nothing good where what comes has expired as well, by the time that it is asked", async () => {
    server.answer = saying(await signList(jwk, { sub: uri, exp: SECOND + 10, ttl: 600, status_list: writeList([0]) }));
    const { check, clock } = open();
    expect(await check()).toBe("ok");
    clock.now += 10_000;
    expect(await check()).toBe("unavailable: the status list has expired, and there is no other one");
    expect(server.asked).toHaveLength(1);
  });
});

it("keeps 64 lists, and forgets none that it would have to fetch again at once", async () => {
  server.answer = async (req, res) =>
    saying(await signList(jwk, { sub: `${server.origin}${req.url}`, status_list: writeList([0]) }))(req, res);
  const { check, clock, lists } = open();
  const name = (list: number) => at(0, `${server.origin}/lists/${list}`);
  for (let list = 1; list <= 64; list += 1) expect(await check(name(list))).toBe("ok");
  expect(await check(name(65))).toBe("unavailable: tokens name more than 64 status lists at once");
  expect(await check(name(1))).toBe("ok");
  clock.now += 30_000;
  expect(await check(name(65))).toBe("ok"); // In the place of the second one, which nobody has asked for the longest.
  expect(Object.keys(lists.stats())).toHaveLength(64);
  expect(Object.keys(lists.stats())).not.toContain(`${server.origin}/lists/2`);
  expect(server.asked).toHaveLength(65);
});

it("asks by the global fetch, as it is then, unless it is given another", async () => {
  const text = await signList(jwk, { sub: uri, status_list: writeList([0]) });
  const asked: unknown[] = [];
  const fake = async (url: string, init: { readonly headers: object }) => {
    asked.push([url, init.headers]);
    return new Response(text);
  };
  const { check } = open({ fetch: fake });
  expect(await check()).toBe("ok");
  expect(asked).toEqual([[uri, { Accept: "application/statuslist+jwt" }]]);
  expect(server.asked).toEqual([]);
});

it.each<readonly [unknown, RegExp]>([
  [undefined, /statusLists takes a plain object with options: lists, keys/],
  [{ lists: undefined }, /lists is undefined/],
  [{ lists: [] }, /lists must name at least one address/],
  [{ lists: "issuer.example" }, /lists must be an absolute URL/],
  [{ lists: ["http://issuer.example/"] }, /lists must be https/],
  [{ keys: 7 }, /keys must be made by/],
  [{ required: "no" }, /required must be true or false/],
  [{ maxAge: 0 }, /maxAge must be/],
  [{ staleIfError: -1 }, /staleIfError must be/],
  [{ timeoutMs: 0 }, /timeoutMs must be/],
  [{ clockTolerance: "x" }, /clockTolerance must be/],
  [{ fetch: 7 }, /fetch must be a function/],
  [{ now: 7 }, /now must be a function/],
  [{ onOutage: 7 }, /onOutage must be a function/],
  [{ onEvent: 7 }, /onEvent must be a function/],
  [{ misspelt: 7 }, /there is no option "misspelt"/],
])("refuses %j", (options, why) => {
  const good = { keys, lists: "https://issuer.example/" };
  expect(() => statusLists((options && { ...good, ...(options as object) }) as StatusListsOptions)).toThrow(why);
});

it("takes an address of any kind of text, and a listener to events", () => {
  const lists = [new URL("https://issuer.example/lists/") as never, "https://issuer.example/one"];
  expect(statusLists({ keys, lists, onEvent: () => 7 }).stats()).toEqual({});
});

it("knows nothing while the keys of the lists can't be had", async () => {
  server.answer = saying(await signList(jwk, { sub: uri, status_list: writeList([0]) }));
  const down = remoteKeys(() => Promise.reject(new Error("down")), { now: () => NOW });
  const { check, outages } = open({ keys: down });
  expect(await check()).toMatch(/^unavailable: /);
  expect(outages).toHaveLength(1);
});
