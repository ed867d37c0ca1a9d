import bcrypt from "bcryptjs";
import { describe, expect, it, vi } from "vitest";
import { isAuthError } from "../../../src/core/errors.ts";
import type * as defaults from "../../../src/core/password/default.ts";
import { comparePassword, hashPassword, needsRehash } from "../../../src/core/password/default.ts";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { bcryptHashes, type LegacyScheme } from "../../../src/core/password/legacy.ts";
import type { PasswordOptions } from "../../../src/core/password/options.ts";
import { MEGABYTES } from "../../support/megabytes.ts";

const CHEAP = { memoryCost: 64, timeCost: 1 };
const cheap = createPasswordHasher(CHEAP);
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error) => (isAuthError(error) ? error.code : error),
  );

describe("the pure functions", () => {
  it("hash at OWASP's cost, to a PHC string, with a salt of its own", async () => {
    const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await comparePassword("correct horse", one)).toBe(true);
    expect(await comparePassword("correct horse ", one)).toBe(false);
    expect(await comparePassword("correct horse", null)).toBe(false);
    expect([needsRehash(one), needsRehash(await cheap.hash("x"))]).toEqual([false, true]);
  });
});

it("arguments in the wrong order are told once, without what they hold; the answer stays false", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const passwords = createPasswordHasher(CHEAP);
  const hash = await passwords.hash("correct horse");
  expect(await passwords.compare(hash, null)).toBe(false); // a user that nobody has
  expect(await passwords.compare(hash, await passwords.hash("x"))).toBe(false); // a strange password
  expect(await passwords.compare("x", "correct horse")).toBe(false); // a hash that nobody can read
  expect(warn).not.toHaveBeenCalled();
  expect(await passwords.compare(hash, "correct horse")).toBe(false);
  expect(await passwords.compare(hash, "correct horse")).toBe(false);
  expect(warn.mock.calls).toEqual([[expect.stringContaining("(password, hash), in this order")]]);
  expect(String(warn.mock.calls)).not.toMatch(/argon2|horse/);
  warn.mockRestore();
});

it("comparePassword warns once of a stored hash that it can't read, by its scheme alone", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
  const fresh = "../../../src/core/password/default.ts?fresh"; // a copy that has warned of nothing yet
  const { comparePassword, hashPassword }: typeof defaults = await import(/* @vite-ignore */ fresh);
  const hash = await hashPassword("x");
  for (const good of [hash, null, undefined]) await comparePassword("x", good);
  await comparePassword(hash, "correct horse");
  expect(warn.mock.calls).toEqual([[expect.stringContaining("in this order")]]);
  warn.mockClear();
  for (const stored of ["$2b$10$secret", "secret"]) expect(await comparePassword("x", stored)).toBe(false);
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining("comparePassword can't read a stored hash (scheme: bcrypt $2b$)")],
  ]);
  expect(await codeOf(comparePassword(7 as never, "secret"))).toBe("unusable_password");
  expect(String(warn.mock.calls)).not.toMatch(/secret/);
  warn.mockRestore();
});

describe("what a password is", () => {
  it.each([undefined, null, 1, {}, [], Symbol("p"), { toString: () => "x" }])("no %s", async (password) => {
    expect(await codeOf(cheap.hash(password as string))).toBe("unusable_password");
    expect(await codeOf(cheap.compare(password as string, null))).toBe("unusable_password");
  });

  it.each(["", "\ud800", "x\udc00", "x".repeat(1_025), "x\0", "\0"])("not %j", async (password) => {
    expect(await codeOf(cheap.hash(password))).toBe("unusable_password");
    expect(await cheap.compare(password, await cheap.hash("x"))).toBe(false);
  });

  it("at most 1024 characters", async () => {
    const longest = "x".repeat(1_024);
    expect(await cheap.compare(longest, await cheap.hash(longest))).toBe(true);
  });

  it("the same however it is composed", async () => {
    expect(await cheap.compare("cafe\u0301", await cheap.hash("caf\u00e9"))).toBe(true);
    expect(await cheap.compare("caf\u00e9", await cheap.hash("cafe\u0301"))).toBe(true);
  });

  it("as it was typed, where the hash is older than normalising", async () => {
    const { hash } = await import("@node-rs/argon2");
    const stored = await hash("cafe\u0301", CHEAP);
    expect(await cheap.compare("cafe\u0301", stored)).toBe(true);
    expect(await cheap.compare("cafe", stored)).toBe(false);
  });

  it("measured before it is normalised, which a megabyte of combining marks would make minutes", async () => {
    const started = performance.now();
    expect(await cheap.compare("\u0301\u0316".repeat(500_000), null)).toBe(false);
    expect(await codeOf(cheap.hash("\u0301\u0316".repeat(500_000)))).toBe("unusable_password");
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("a stored hash", () => {
  const salted = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

  it.each<unknown>([
    ...[undefined, null, "", 1, {}, "plaintext", "$2b$10$x", `$argon2id$v=19$m=64,t=1$${salted}`],
    ...[`$argon2id$v=19$m=64,t=1,p=1,x=1$${salted}`, `$argon2id$v=19$m=64,m=64,t=1,p=1$${salted}`],
    ...[
      `$argon2id$v=19$m=-1,t=1,p=1$${salted}`,
      `$argon2id$v=20$m=64,t=1,p=1$${salted}`,
      `$argon2x$v=19$m=64,t=1,p=1$${salted}`,
    ],
    ...[
      "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
      `$argon2id$v=19$m=64,t=1,p=1$${salted}${"A".repeat(600)}`,
      "x".repeat(MEGABYTES),
    ],
    ...[`$argon2id$v=19$m=4294967295,t=1,p=1$${salted}`, `$argon2id$v=19$m=64,t=4294967295,p=1$${salted}`],
    ...[`$argon2id$v=19$m=64,t=1,p=255$${salted}`, `$argon2id$v=19$m=262145,t=1,p=1$${salted}`],
  ])("that can't be read, or costs too much, never matches and takes no longer: %s", async (hash) => {
    const started = performance.now();
    expect(await cheap.compare("x", hash as string)).toBe(false);
    expect(cheap.canRead(hash as string)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it("of another Argon2 is read, and is to be renewed", async () => {
    const { hash } = await import("@node-rs/argon2");
    const stored = await hash("x", { ...CHEAP, algorithm: 1 });
    expect(stored).toContain("$argon2i$");
    expect(await cheap.compare("x", stored)).toBe(true);
    expect(cheap.needsRehash(stored)).toBe(true);
  });

  it.each<readonly [PasswordOptions, boolean]>([
    [CHEAP, false],
    [{ ...CHEAP, memoryCost: 128 }, true],
    [{ ...CHEAP, timeCost: 2 }, true],
    [{ ...CHEAP, parallelism: 2 }, true],
  ])("is renewed unless its cost is today's: %j", async (today, renew) => {
    expect(createPasswordHasher(today).needsRehash(await cheap.hash("x"))).toBe(renew);
  });

  it("needs its pepper", async () => {
    const pepper = new Uint8Array(16).fill(7);
    const peppered = createPasswordHasher({ ...CHEAP, pepper });
    const stored = await peppered.hash("x");
    pepper.fill(0);
    expect(await peppered.compare("x", stored)).toBe(true);
    expect(await cheap.compare("x", stored)).toBe(false);
  });
});

describe("hashes of another scheme", () => {
  const hasher = createPasswordHasher({ ...CHEAP, legacy: [bcryptHashes(bcrypt.compare, { maxCost: 5 })] });

  it("go on working, and are to be renewed", async () => {
    const stored = await bcrypt.hash("x", 4);
    expect(await hasher.compare("x", stored)).toBe(true);
    expect(await hasher.compare("y", stored)).toBe(false);
    expect([hasher.needsRehash(stored), hasher.canRead(stored)]).toEqual([true, true]);
    expect(await cheap.compare("x", stored)).toBe(false);
    expect(await hasher.compare("x", "plaintext")).toBe(false);
  });

  it("are not computed over their ceiling", async () => {
    expect(await hasher.compare("x", (await bcrypt.hash("x", 4)).replace("$04$", "$31$"))).toBe(false);
  });

  it("are computed up to a cost of 14 unless set", async () => {
    const { recognises } = bcryptHashes(bcrypt.compare);
    const stored = await bcrypt.hash("x", 4);
    expect(["14", "15"].map((cost) => recognises(stored.replace("$04$", `$${cost}$`)))).toEqual([true, false]);
  });

  it.each<readonly [string, LegacyScheme["compare"]]>([
    [
      "throws",
      () => {
        throw new Error("boo");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boo"))],
  ])("are an outage where their package %s", async (_how, compare) => {
    const broken = createPasswordHasher({ ...CHEAP, legacy: [{ recognises: (hash) => hash === "old", compare }] });
    expect(await codeOf(broken.compare("x", "old"))).toBe("unavailable");
  });

  it("are an outage where it can't be told whose a hash is", async () => {
    const recognises = (): never => {
      throw Object.assign(new Error("boo"), { status: 401 });
    };
    const broken = createPasswordHasher({ ...CHEAP, legacy: [{ recognises, compare: async () => true }] });
    expect(await codeOf(broken.compare("x", "old"))).toBe("unavailable");
    expect(() => broken.needsRehash("old", "x")).toThrow(expect.objectContaining({ code: "unavailable" }));
  });

  it("match only where their package says true", async () => {
    const vague = createPasswordHasher({ legacy: [{ recognises: () => true, compare: (async () => 1) as never }] });
    expect(await vague.compare("x", "old")).toBe(false);
  });

  it("are read under PHP's name for bcrypt, and not under that of its old fault", async () => {
    // As npm's `bcrypt` does.
    const strict = async (password: string, hash: string): Promise<boolean> =>
      /^\$2[ab]\$/.test(hash) && bcrypt.compare(password, hash);
    const hasher = createPasswordHasher({ ...CHEAP, legacy: [bcryptHashes(strict)] });
    const stored = await bcrypt.hash("x", 4);
    const [php, faulty] = ["$2y$", "$2x$"].map((prefix) => prefix + stored.slice(4)) as [string, string];
    const outcomes = [hasher.compare("x", php), hasher.compare("y", php), hasher.compare("x", faulty)];
    expect(await Promise.all(outcomes)).toEqual([true, false, false]);
    expect([php, faulty].map(hasher.canRead)).toEqual([true, false]);
  });

  it.each(["00", "03", "32", "99"])("are not read where bcrypt has no cost of %s", async (cost) => {
    const every = createPasswordHasher({ ...CHEAP, legacy: [bcryptHashes(bcrypt.compare, { maxCost: 31 })] });
    expect(every.canRead((await bcrypt.hash("x", 4)).replace("$04$", `$${cost}$`))).toBe(false);
  });

  it.each<readonly [string, number]>([
    ["x", 71],
    ["é", 35],
    ["\u{1f511}", 17],
  ])(
    "are renewed after a whole password, and not after what may be the first 72 bytes of one: %s",
    async (char, most) => {
      const whole = char.repeat(most);
      const longer = char.repeat(100);
      const beginning = longer.slice(0, Math.ceil(72 / Buffer.byteLength(char)) * char.length);
      const [short, long] = [await bcrypt.hash(whole, 4), await bcrypt.hash(longer, 4)];
      expect(await Promise.all([hasher.compare(whole, short), hasher.compare(beginning, long)])).toEqual([true, true]);
      expect(hasher.needsRehash(short, whole)).toBe(true);
      expect([beginning, longer].map((typed) => hasher.needsRehash(long, typed))).toEqual([false, false]);
      expect(hasher.needsRehash(long)).toBe(true);
    },
  );

  it("are always renewed where their scheme reads the whole of a password, as Argon2 does", async () => {
    const whole = createPasswordHasher({
      ...CHEAP,
      legacy: [{ recognises: (hash) => hash === "old", compare: vi.fn() }],
    });
    const longer = "x".repeat(100);
    expect(whole.needsRehash("old", longer)).toBe(true);
    expect(whole.needsRehash(await createPasswordHasher({ memoryCost: 128 }).hash(longer), longer)).toBe(true);
    expect(whole.needsRehash(await whole.hash(longer), longer)).toBe(false);
  });

  it("need a function to compare by", () => {
    expect(() => bcryptHashes(bcrypt as never)).toThrow(/compare function of a bcrypt package/);
    expect(() => bcryptHashes(bcrypt.compare, { maxCost: 32 })).toThrow(/maxCost must be/);
  });
});

describe("the gate", () => {
  const gated = (maxConcurrent: number, maxQueue: number) => {
    const finish: (() => void)[] = [];
    const compare = (): Promise<boolean> => new Promise((resolve) => finish.push(() => resolve(true)));
    const hasher = createPasswordHasher({
      ...CHEAP,
      maxConcurrent,
      maxQueue,
      legacy: [{ recognises: () => true, compare }],
    });
    return { hasher, finish };
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("computes two at a time, and the rest in their order", async () => {
    const { hasher, finish } = gated(2, 10);
    const done: number[] = [];
    const all = [0, 1, 2, 3].map((at) => hasher.compare("x", "old").then(() => done.push(at)));
    await settled();
    expect(finish).toHaveLength(2);
    finish[1]?.();
    await settled();
    expect(finish).toHaveLength(3);
    finish[2]?.();
    finish[0]?.();
    await settled();
    finish[3]?.();
    await Promise.all(all);
    expect(done).toEqual([1, 2, 0, 3]);
  });

  it("refuses at once when its queue is full, and takes others when it no longer is", async () => {
    const { hasher, finish } = gated(1, 1);
    const first = hasher.compare("x", "old");
    const second = hasher.compare("x", "old");
    const error: unknown = await hasher.compare("x", "old").catch((caught) => caught);
    expect(error).toMatchObject({ code: "overloaded", status: 503, headers: { "Retry-After": "1" } });
    await settled();
    finish[0]?.();
    expect(await first).toBe(true);
    await settled();
    finish[1]?.();
    expect(await second).toBe(true);
    const third = hasher.compare("x", "old");
    await settled();
    finish[2]?.();
    expect(await third).toBe(true);
  });

  it("is left by a job that fails", async () => {
    const failing = createPasswordHasher({
      maxConcurrent: 1,
      maxQueue: 0,
      legacy: [{ recognises: () => true, compare: () => Promise.reject(new Error("boo")) }],
    });
    for (let round = 0; round < 3; round += 1) expect(await codeOf(failing.compare("x", "old"))).toBe("unavailable");
  });
});

it.each<readonly [object, RegExp]>([
  [{ memoryCost: -1 }, /memoryCost must be a whole number from 8/],
  [{ memoryCost: 1.5 }, /memoryCost must be/],
  [{ timeCost: 0 }, /timeCost must be/],
  [{ parallelism: 0 }, /parallelism must be/],
  [{ memoryCost: 8, parallelism: 2 }, /at least 8 for each lane/],
  [{ memoryCost: 300_000 }, /the cost is over the ceiling; raise ceiling: { memoryCost, timeCost } too/],
  [{ ceiling: { memoryCost: 1_024 } }, /the cost is over the ceiling/],
  [{ ceiling: { memory: 64 } }, /there is no option "memory"/],
  [{ ceiling: null }, /ceiling takes a plain object/],
  [{ pepper: "secret" }, /pepper must be a Uint8Array/],
  [{ pepper: new Uint8Array(15) }, /pepper must be a Uint8Array of at least 16/],
  [{ maxConcurrent: 0 }, /maxConcurrent must be/],
  [{ maxQueue: -1 }, /maxQueue must be/],
  [{ legacy: {} }, /legacy must be a list/],
  [{ legacy: [{}] }, /a legacy scheme must be an object with the methods recognises, compare/],
  [{ saltRounds: 10 }, /there is no option "saltRounds"/],
])("createPasswordHasher refuses %o", (options, why) => {
  expect(() => createPasswordHasher(options)).toThrow(why);
});

it("says where a cost belongs, which bcrypt takes beside each password", async () => {
  const hashing = createPasswordHasher().hash("password", 10 as never);
  await expect(hashing).rejects.toThrow("a hash takes no cost of its own: give it to createPasswordHasher");
});
