import { inflateSync } from "node:zlib";
import { compactVerify, importJWK } from "jose";
import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createStatusList, type StatusList, type StatusListOptions } from "../../src/status-list.ts";
import type { StatusListStore } from "../../src/stores/contract.ts";
import { memoryStatusListStore } from "../../src/stores/memory/status-list.ts";
import { OUTAGES } from "../support/flow.ts";
import { runs } from "../support/thorough.ts";
import { NOW, SECOND, SECRET } from "../support/tokens.ts";

const URI = "https://auth.example/statuslists";
const jwk = await generateKey("ES256");
const key = await importKey(jwk);
const [publicJwk] = publicJwks(key).keys;

/** Reads a list as a program in any language would: by another library for the signature, and zlib. */
async function readList(
  token: string,
): Promise<{ claims: Record<string, unknown>; status: (index: number) => number }> {
  const { payload, protectedHeader } = await compactVerify(token, await importJWK(publicJwk as object, "ES256"));
  expect(protectedHeader.typ).toBe("statuslist+jwt");
  const claims = JSON.parse(new TextDecoder().decode(payload));
  const { bits, lst } = claims.status_list;
  expect(bits).toBe(1);
  const bytes = inflateSync(Buffer.from(lst, "base64url"));
  return { claims, status: (index) => ((bytes[Math.floor(index / 8)] as number) >> (index % 8)) & 1 };
}

interface Opened {
  readonly statusList: StatusList;
  readonly store: StatusListStore;
  readonly clock: { now: number };
  readonly outages: string[];
}

function open(options: Partial<StatusListOptions> = {}, change: Partial<StatusListStore> = {}): Opened {
  const clock = { now: NOW };
  const outages: string[] = [];
  const store = { ...memoryStatusListStore(), ...change };
  const statusList = createStatusList({
    uri: URI,
    keys: key,
    store,
    size: 1_024,
    now: () => clock.now,
    storeTimeoutMs: 60,
    onOutage: (_error, { operation, refused, call }) => outages.push(`${operation} ${call} ${refused}`),
    ...options,
  });
  return { statusList, store, clock, outages };
}

/** A store that counts how often it is asked. */
function counted(change: Partial<StatusListStore> = {}): { store: StatusListStore; calls: Record<string, number> } {
  const store = { ...memoryStatusListStore(), ...change };
  const calls: Record<string, number> = { allocate: 0, mark: 0, read: 0 };
  const count = Object.entries(store).map(([name, call]) => [
    name,
    (...args: readonly unknown[]) => {
      calls[name] = (calls[name] as number) + 1;
      return (call as (...all: readonly unknown[]) => unknown)(...args);
    },
  ]);
  return { store: Object.fromEntries(count) as StatusListStore, calls };
}

async function tokenOf(statusList: StatusList, list = 1): Promise<string> {
  const published = await statusList.publish(list);
  if (published === null) throw new Error("there is no such list");
  return published.token;
}

describe("a status list that is published", () => {
  it("is read by others, and says what was revoked", async () => {
    const { statusList, clock } = open();
    const places = await Promise.all(Array.from({ length: 100 }, () => statusList.allocate()));
    expect(new Set(places.map(({ index }) => index)).size).toBe(100);
    const [first, second, ...others] = places;
    if (first === undefined || second === undefined) throw new Error("none was given out");
    await statusList.revoke(first, second);
    await statusList.revoke(first);
    const { claims, status } = await readList(await tokenOf(statusList));
    expect(claims).toMatchObject({ sub: `${URI}/1`, iat: SECOND, exp: SECOND + 3_600, ttl: 60 });
    expect(claims).not.toHaveProperty("iss");
    expect(statusList.claimOf(first)).toEqual({ status_list: { idx: first.index, uri: claims.sub } });
    expect([first, second].map(({ index }) => status(index))).toEqual([1, 1]);
    expect(others.filter(({ index }) => status(index) !== 0)).toEqual([]);
    clock.now += 1_000;
    await statusList.revoke(...others);
    const later = await readList(await tokenOf(statusList));
    expect(others.filter(({ index }) => later.status(index) !== 1)).toEqual([]);
  });

  it("is followed by the next where all its places are given out", async () => {
    const { statusList, clock } = open({ size: 64 });
    const places = await Promise.all(Array.from({ length: 150 }, () => statusList.allocate()));
    expect(new Set(places.map(({ list, index }) => `${list} ${index}`)).size).toBe(150);
    expect([1, 2, 3].map((list) => places.filter((it) => it.list === list).length)).toEqual([64, 64, 22]);
    expect(places.every(({ index }) => index < 64)).toBe(true);
    const third = places.find(({ list }) => list === 3);
    if (third === undefined) throw new Error("the third list is empty");
    await statusList.revoke(third);
    expect((await readList(await tokenOf(statusList, 3))).status(third.index)).toBe(1);
    expect((await readList(await tokenOf(statusList, 3))).claims.sub).toBe(`${URI}/3`);
    expect((await readList(await tokenOf(statusList, 2))).status(third.index)).toBe(0);
    for (const list of [0, -1, 1.5, 4, 17_000_000, Number.NaN, "1", undefined, null, {}]) {
      clock.now += 1_000;
      expect(await statusList.publish(list as number)).toBeNull();
    }
  });

  it("gives places of their own to all processes, that keep to one size", async () => {
    const store = memoryStatusListStore();
    const [one, other] = [open({ store }), open({ store })];
    const places = await Promise.all(
      Array.from({ length: 100 }, (_, nth) => (nth % 2 ? one : other).statusList.allocate()),
    );
    expect(new Set(places.map(({ list, index }) => `${list} ${index}`)).size).toBe(100);
    const smaller = open({ store, size: 512 });
    const refusal = await smaller.statusList.allocate().catch((error: unknown) => error);
    expect(isAuthError(refusal) && refusal.status).toBe(503);
    expect(String((refusal as Error).cause)).toContain("were begun with size: 1024: give that, or another uri");
    expect(smaller.outages).toEqual(["allocateStatus statusList.allocate true"]);
  });

  it("is written anew once it is a tenth of its ttl old and has changed, and before it expires", async () => {
    const { store, calls } = counted();
    const { statusList, clock } = open({ store });
    const first = await statusList.publish(1);
    expect(first).toMatchObject({ maxAge: 60, etag: expect.stringMatching(/^"[\w-]{43}"$/) });
    await Promise.all(Array.from({ length: 50 }, () => statusList.publish(1)));
    clock.now += 3_999;
    expect(await statusList.publish(1)).toEqual(first);
    expect(calls.read).toBe(1);
    // Another process revokes.
    await store.mark(URI, 1, [7]);
    clock.now += 2_001;
    const second = await statusList.publish(1);
    expect(second?.etag).not.toBe(first?.etag);
    expect((await readList(second?.token as string)).status(7)).toBe(1);
    expect(calls.read).toBe(2);
    // What has not changed keeps its token, until half of its lifetime is over.
    clock.now += 1_799_999;
    expect(await statusList.publish(1)).toEqual(second);
    expect(calls.read).toBe(3);
    clock.now += 6_000;
    const third = await statusList.publish(1);
    expect(third?.etag).not.toBe(second?.etag);
    expect((await readList(third?.token as string)).claims.iat).toBe(SECOND + 1_811);
    // A clock that is set back is no reason to serve what it dates ahead.
    clock.now = NOW;
    expect((await readList(await tokenOf(statusList))).claims.iat).toBe(SECOND);
  });

  it("is read once for all who ask at once, and loses no revocation that comes meanwhile", async () => {
    const store = memoryStatusListStore();
    let begun = 0;
    let go: () => void = () => undefined;
    const slow: StatusListStore = {
      ...store,
      async read(...args) {
        const bytes = await store.read(...args);
        begun += 1;
        if (begun === 1) {
          await new Promise<void>((resolve) => {
            go = resolve;
          });
        }
        return bytes;
      },
    };
    const { statusList, clock } = open({ store: slow, storeTimeoutMs: 5_000 });
    const place = await statusList.allocate();
    const asked = Promise.all(Array.from({ length: 20 }, () => statusList.publish(1)));
    await expect.poll(() => begun).toBe(1);
    await statusList.revoke(place);
    go();
    const answers = await asked;
    expect(new Set(answers.map((it) => it?.token)).size).toBe(1);
    expect((await readList(answers[0]?.token as string)).status(place.index)).toBe(0);
    clock.now += 1_000;
    expect((await readList(await tokenOf(statusList))).status(place.index)).toBe(1);
  });

  it("is written once in a second at the most, however much is revoked", async () => {
    const { store, calls } = counted();
    const { statusList, clock } = open({ store });
    for (let nth = 0; nth < 20; nth += 1) {
      await statusList.revoke(await statusList.allocate());
      await statusList.publish(1);
      clock.now += 100;
    }
    expect(calls.read).toBe(2);
  });

  it("is one that exists, whatever numbers are asked for", async () => {
    const { store, calls } = counted({ read: () => Promise.reject(new Error("nobody may read a list that is none")) });
    const { statusList, clock } = open({ store });
    for (let list = 2; list < 1_000; list += 1) expect(await statusList.publish(list)).toBeNull();
    expect(calls.allocate).toBe(1);
    clock.now += 1_000;
    expect(await Promise.all([2, 3, 4].map((list) => statusList.publish(list)))).toEqual([null, null, null]);
    expect(calls.allocate).toBe(2);
  });

  it("is one of 64 that are kept", async () => {
    const { store, calls } = counted();
    const { statusList } = open({ size: 8, store });
    await Promise.all(Array.from({ length: 8 * 65 }, () => statusList.allocate()));
    for (let list = 1; list <= 65; list += 1) await statusList.publish(list);
    expect(calls.read).toBe(65);
    await statusList.publish(2);
    expect(calls.read).toBe(65);
    await statusList.publish(1);
    expect(calls.read).toBe(66);
  });

  it("is one of 64 that are written at once", async () => {
    const { statusList } = open({ size: 8 }, { read: () => new Promise(() => {}) });
    await Promise.all(Array.from({ length: 8 * 66 }, () => statusList.allocate()));
    const answers = await Promise.allSettled(Array.from({ length: 66 }, (_, nth) => statusList.publish(nth + 1)));
    const causes = answers.map((it) => String((it as PromiseRejectedResult).reason.cause));
    expect(causes.filter((it) => it.includes("too many status lists are asked for at once"))).toHaveLength(2);
    expect(causes.filter((it) => it.includes("did not answer within 60 ms"))).toHaveLength(64);
  });
});

describe("an outage of the store", () => {
  it("leaves a list at hand as it is, also where too many are read at once", async () => {
    const store = memoryStatusListStore();
    let isDown = false;
    const read: StatusListStore["read"] = (...args) => (isDown ? new Promise(() => {}) : store.read(...args));
    const { statusList, clock, outages } = open({ size: 8, store: { ...store, read } });
    await Promise.all(Array.from({ length: 8 * 67 }, () => statusList.allocate()));
    const publish = (from: number, to: number) =>
      Promise.allSettled(Array.from({ length: to - from + 1 }, (_, nth) => statusList.publish(from + nth)));
    await publish(1, 64);
    isDown = true;
    clock.now += 10_000;
    const unknown = publish(65, 67);
    await new Promise((resolve) => setImmediate(resolve)); // They are read first.
    const answers = await Promise.all([unknown, publish(2, 64)]);
    expect(answers.flat().filter(({ status }) => status === "rejected")).toHaveLength(3);
    // One for which there was no room is tried again at once, and told again.
    expect(outages.filter((it) => it.endsWith("false")).length).toBeGreaterThanOrEqual(63);
  });

  it("is not asked at each request where the list should have been written anew, and then it is", async () => {
    const store = memoryStatusListStore();
    let isDown = false;
    const read: StatusListStore["read"] = (...args) =>
      isDown ? Promise.reject(new Error("connection refused")) : store.read(...args);
    const { statusList, clock, outages } = open({ store: { ...store, read } });
    await statusList.allocate();
    const first = await statusList.publish(1);
    isDown = true;
    clock.now += 1_900_000; // It is written anew after half of an hour.
    for (let nth = 0; nth < 3; nth += 1) expect((await statusList.publish(1))?.token).toBe(first?.token);
    expect(outages).toEqual(["publishStatusList statusList.read false"]);
    isDown = false;
    clock.now += 1_000;
    await expect.poll(() => tokenOf(statusList)).not.toBe(first?.token);
    const { claims } = await readList(await tokenOf(statusList));
    expect(claims.exp).toBe(Math.floor(clock.now / 1_000) + 3_600);
  });

  it("is not waited for where a list is at hand, and is asked less and less often", async () => {
    const store = memoryStatusListStore();
    let asked = 0;
    let isDown = false;
    const read: StatusListStore["read"] = (...args) => {
      asked += 1;
      return isDown ? new Promise(() => {}) : store.read(...args);
    };
    const { statusList, clock, outages } = open({ store: { ...store, read }, storeTimeoutMs: 100 });
    const place = await statusList.allocate();
    const first = await statusList.publish(1);
    isDown = true;
    const publish = async (): Promise<number> => {
      const started = performance.now();
      expect((await statusList.publish(1))?.token).toBe(first?.token);
      return performance.now() - started;
    };
    // Just after the renewal begins, and again when the list is due for good: one of them is waited for, once.
    clock.now += 5_000;
    expect(await publish()).toBeLessThan(50);
    clock.now += 60_000;
    const times = await Promise.all([1, 2, 3].map(publish));
    expect(Math.max(...times)).toBeLessThan(400);
    await statusList.revoke(place); // this is stored, and can't be read back
    asked = 0;
    for (let second = 0; second < 60; second += 1) {
      clock.now += 1_000;
      expect(await publish()).toBeLessThan(50);
      if (asked > outages.length - 1) await expect.poll(() => outages.length).toBe(asked + 1);
    }
    expect(asked).toBeLessThan(15);
    isDown = false;
    clock.now += 6_000;
    await publish();
    await expect.poll(async () => (await readList(await tokenOf(statusList))).status(place.index)).toBe(1);
  });

  it.each(OUTAGES)("that %s is 503, and the last list goes on until it expires", async (_what, fail) => {
    const store = memoryStatusListStore();
    let isDown = false;
    const failing = Object.fromEntries(
      Object.entries(store).map(([name, call]) => [
        name,
        (...args: readonly unknown[]) => (isDown ? fail() : (call as (...all: readonly unknown[]) => unknown)(...args)),
      ]),
    ) as unknown as StatusListStore;
    const { statusList, clock, outages } = open({ store: failing });
    const place = await statusList.allocate();
    const first = await statusList.publish(1);
    isDown = true;
    clock.now += 10_000;
    // It is not asked again at once, and whoever keeps the list comes back when it is.
    for (let nth = 0; nth < 2; nth += 1) expect(await statusList.publish(1)).toEqual({ ...first, maxAge: 1 });
    expect(outages).toEqual(["publishStatusList statusList.read false"]);
    clock.now = NOW + 3_599_000;
    expect(await statusList.publish(1)).toEqual({ ...first, maxAge: 1 });
    clock.now = NOW + 3_600_000;
    const { statusList: fresh, outages: told } = open({ store: failing });
    const refusals = await Promise.allSettled([
      statusList.publish(1),
      statusList.revoke(place),
      fresh.allocate(),
      fresh.publish(1),
      fresh.publish(2),
    ]);
    expect(refusals.map((it) => (it as PromiseRejectedResult).reason.code)).toEqual(Array(5).fill("unavailable"));
    expect([...new Set([...outages, ...told])].sort()).toEqual([
      "allocateStatus statusList.allocate true",
      "publishStatusList statusList.allocate true",
      "publishStatusList statusList.read false",
      "publishStatusList statusList.read true",
      "revokeStatus statusList.revoke true",
    ]);
    isDown = false;
    await statusList.revoke(place);
    clock.now += 1_000;
    expect((await readList(await tokenOf(statusList))).status(place.index)).toBe(1);
    expect(await fresh.allocate()).toBeTypeOf("object");
  });

  it.each<readonly [Partial<StatusListStore>, RegExp]>([
    [{ allocate: async () => undefined as never }, /statusList.allocate: the answer must be an object, got undefined/],
    [{ allocate: async () => ({ first: -1, terms: "{}" }) }, /first must be a whole number, 0 or more/],
    [{ allocate: async () => ({ first: 0, terms: 7 as never }) }, /terms must be the text that was stored first/],
    [{ allocate: async () => ({ first: 0, terms: "{}" }) }, /terms must be the text that was stored first/],
    [{ allocate: async () => ({ first: 0, terms: "no JSON" }) }, /terms must be the text that was stored first/],
    [{ allocate: async () => ({ first: 0, terms: '{"size":8,"seed":7}' }) }, /terms must be the text/],
    [{ allocate: async () => ({ first: 0, terms: "[]" }) }, /terms must be the text that was stored first/],
    [
      { allocate: async (_series, _count, terms) => ({ first: 2 ** 24 * 1_024, terms }) },
      /has 16777215 lists, and all are full: give another uri/,
    ],
    [{ read: async () => null as never }, /statusList.read: the answer must be a Uint8Array, got null/],
    [{ read: async () => new Uint16Array(7) as never }, /the answer must be a Uint8Array, got an object/],
    [{ read: async () => new Uint8Array(129).fill(1) }, /it answered with marks behind the end of the list/],
  ])("is an answer that does not fit: %j", async (change, why) => {
    const { statusList } = open({}, change);
    const error = await ("read" in change ? statusList.publish(1) : statusList.allocate()).catch((it: unknown) => it);
    expect(isAuthError(error) && error.code).toBe("unavailable");
    expect(String((error as Error).cause)).toMatch(why);
  });
});

it("takes marks of any realm, and pages behind the end that are empty", async () => {
  const { statusList } = open({}, { read: async () => new Uint8Array(512) });
  expect((await readList(await tokenOf(statusList))).status(1_023)).toBe(0);
});

it("stays whole where half of the places are revoked", { timeout: 60_000 }, async () => {
  const size = runs(524_288, 4_194_304);
  const store = memoryStatusListStore();
  const indices = Array.from({ length: size / 2 }, (_, nth) => (nth * 2 + ((nth * 2_654_435_761) >>> 31)) % size);
  for (let at = 0; at < indices.length; at += 65_536) await store.mark(URI, 1, indices.slice(at, at + 65_536));
  const { statusList } = open({ store, size, storeTimeoutMs: 10_000 });
  const token = await tokenOf(statusList);
  expect(token.length).toBeLessThan(size / 4); // So that the largest is below the limit of whoever reads it.
  const { status } = await readList(token);
  expect(indices.filter((index) => status(index) !== 1)).toEqual([]);
});

it.each<readonly [unknown, RegExp]>([
  [undefined, /createStatusList takes a plain object with options: uri, keys, store/],
  [{ uri: undefined }, /uri is undefined/],
  [{ uri: "statuslists" }, /uri must be an absolute URL/],
  [{ uri: "http://auth.example/lists" }, /uri must be https/],
  [{ uri: "https://auth.example/lists?of=us" }, /uri must be without a query/],
  [{ uri: `https://auth.example/${"x".repeat(1_000)}` }, /uri must have at most 1000 characters/],
  [{ uri: `https://auth.example/${"x".repeat(2_000)}` }, /uri must have at most 1000 characters/],
  [{ keys: "secret" }, /keys must be made by/],
  [{ keys: await importKey(publicJwk as JWK) }, /keys only verify; give the private key/],
  [{ store: {} }, /store must be an object with the methods allocate, mark, read, such as memoryStatusListStore\(\)/],
  [{ size: 0 }, /size must be a whole number from 8 to 4194304/],
  [{ size: 4_194_312 }, /size must be/],
  [{ size: 12 }, /size must be a multiple of 8/],
  [{ ttl: 0 }, /ttl must be a whole number of seconds from 1/],
  [{ ttl: "2h" }, /ttl must not be longer than expiresIn/],
  [{ ttl: 5, expiresIn: 9 }, /expiresIn must be a whole number of seconds from 10/],
  [{ expiresIn: "soon" }, /expiresIn must be/],
  [{ now: 7 }, /now must be a function/],
  [{ storeTimeoutMs: 0 }, /storeTimeoutMs must be/],
  [{ onOutage: 7 }, /onOutage must be a function/],
  [{ onEvent: 7 }, /onEvent must be a function/],
  [{ misspelt: 7 }, /there is no option "misspelt"/],
])("refuses %j", (options, why) => {
  const good = { uri: URI, keys: key, store: memoryStatusListStore() };
  expect(() => createStatusList((options && { ...good, ...(options as object) }) as StatusListOptions)).toThrow(why);
});

it("writes its address in one way, and signs by a secret too", async () => {
  const { statusList } = open({ uri: new URL("https://AUTH.example:443/a/../lists/"), keys: secretKey(SECRET) });
  expect(statusList.uri).toBe("https://auth.example/lists");
  expect(await statusList.publish(1)).toMatchObject({ maxAge: 60 });
  expect(createStatusList({ uri: URI, keys: key, store: memoryStatusListStore(), onEvent: () => 7 }).uri).toBe(URI);
  expect(open({ ttl: "5m", expiresIn: "5m" }).statusList.uri).toBe(URI);
});

it.each([
  undefined,
  null,
  {},
  { list: 1, index: 1 },
  { uri: `${URI}/1`, list: 1, index: 1 },
  { uri: URI, list: 1 },
  { uri: URI, list: 0, index: 1 },
  { uri: URI, list: 1, index: -1 },
  { uri: URI, list: 1, index: 1_024 },
])("no place is %j", async (place) => {
  const { statusList, outages } = open();
  expect(() => statusList.claimOf(place as never)).toThrow(
    /a status list's place: (uri is|list must be|index must be) /,
  );
  await expect(statusList.revoke(place as never)).rejects.toThrow(
    /a status list's place: (uri is|list must be|index must be) /,
  );
  await expect(statusList.revoke()).rejects.toThrow(/revoke takes places as allocate gave them/);
  expect(outages).toEqual([]);
});
