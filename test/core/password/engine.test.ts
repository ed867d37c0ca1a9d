import crypto from "node:crypto";
import { hashRaw, hash as nativeHash } from "@node-rs/argon2";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isAuthError } from "../../../src/core/errors.ts";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { createMissingAddonError } from "../../../src/core/password/missing-addon.ts";
import { createRuntimeEngine, type RuntimeArgon2 } from "../../../src/core/password/runtime.ts";
import { MISSING } from "./missing-addon.ts";

const COST = { memoryCost: 64, timeCost: 1 };
const pepper = new Uint8Array(16).fill(7);
const peppered = createPasswordHasher({ ...COST, pepper });
const ownArgon2 = (crypto as { argon2?: RuntimeArgon2 }).argon2;
/** What `crypto.argon2` is, on a Node that lacks it. */
const ALGORITHMS = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;
const emulated: RuntimeArgon2 = (variant, { message, nonce, memory, passes, parallelism, tagLength, secret }, done) => {
  const cost = { memoryCost: memory, timeCost: passes, parallelism, outputLen: tagLength };
  const options = { ...cost, algorithm: ALGORITHMS[variant], salt: nonce, ...(secret && { secret }) };
  hashRaw(message, options).then(
    (tag) => done(null, tag),
    (error) => done(error, new Uint8Array()),
  );
};

it("the addon is what is loaded where there is one", async () => {
  expect(await peppered.ready()).toBe("@node-rs/argon2");
});

it("an engine that can't do its work is an outage, and says nothing of the password", async () => {
  const { runArgon2 } = await import("../../../src/core/password/argon2.ts");
  const impossible = { memoryCost: 64, timeCost: 1, parallelism: 64 };
  const work = runArgon2((argon2) => argon2.hash("hunter2", impossible, undefined));
  const error: unknown = await work.catch((caught) => caught);
  expect(isAuthError(error) && error.code).toBe("unavailable");
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("hunter2");
});

describe("loading", () => {
  afterEach(() => {
    vi.doUnmock("@node-rs/argon2");
    vi.doUnmock("node:crypto");
  });

  const loadWith = async (argon2: RuntimeArgon2 | undefined) => {
    vi.resetModules();
    vi.doMock("@node-rs/argon2", () => {
      throw new Error("no native binding");
    });
    vi.doMock("node:crypto", async (original) => {
      const own = await original<typeof crypto>();
      return { ...own, default: { ...own, argon2 } };
    });
    const { createPasswordHasher: create } = await import("../../../src/core/password/hasher.ts");
    return create(COST);
  };

  it("takes the runtime's Argon2 where there is no addon", async () => {
    const hasher = await loadWith(emulated);
    expect(await hasher.ready()).toBe("crypto.argon2");
    expect(await createPasswordHasher(COST).compare("x", await hasher.hash("x"))).toBe(true);
  });

  it("can't read a hash that the runtime can't compute, as is known from the first comparison on", async () => {
    const hasher = await loadWith(emulated);
    const stored = await nativeHash("x", { ...COST, version: 0 });
    for (const isThoughtReadable of [true, false]) {
      expect([hasher.canRead(stored), await hasher.compare("x", stored)]).toEqual([isThoughtReadable, false]);
    }
    expect(hasher.canRead(await hasher.hash("x"))).toBe(true);
  });

  it("says what to do where there is neither", async () => {
    const hasher = await loadWith(undefined);
    await expect(hasher.ready()).rejects.toThrow(MISSING);
    await expect(hasher.compare("x", null)).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(MISSING) },
    });
  });
});

describe.each<readonly [string, RuntimeArgon2]>([
  ["an emulated crypto.argon2", emulated],
  ...(ownArgon2 === undefined ? [] : [["crypto.argon2", ownArgon2] as const]),
])("hashes of the addon and of %s are the same", (_which, argon2) => {
  const engine = createRuntimeEngine(argon2);

  it.each([undefined, pepper])("with the pepper %j", async (secret) => {
    const hasher = createPasswordHasher({ ...COST, ...(secret && { pepper: secret }) });
    const stored = await engine.hash("caf\u00e9 \u{1f511}", { ...COST, parallelism: 2 }, secret);
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=2\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await hasher.compare("caf\u00e9 \u{1f511}", stored)).toBe(true);
    const native = await hasher.hash("x");
    expect([await engine.verify(native, "x", secret), await engine.verify(native, "y", secret)]).toEqual([true, false]);
    expect(await engine.verify(native, "x", new Uint8Array(16).fill(9))).toBe(false);
  });

  it.each([0, 1, 2] as const)("of variant %d, and any length of salt and hash", async (algorithm) => {
    for (const [salt, outputLen] of [
      [8, 16],
      [64, 65],
    ] as const) {
      const stored = await nativeHash("x", { ...COST, algorithm, salt: Buffer.alloc(salt, 3), outputLen });
      expect(await engine.verify(stored, "x", undefined)).toBe(true);
      expect(await engine.verify(stored, "y", undefined)).toBe(false);
    }
  });

  it("but for those of version 16, which the runtime can't compute", async () => {
    const stored = await nativeHash("x", { ...COST, version: 0 });
    expect(stored).toContain("$v=16$");
    expect([await createPasswordHasher(COST).compare("x", stored), engine.versions]).toEqual([true, [19]]);
    expect(await engine.verify(stored, "x", undefined)).toBe(false);
  });

  it("and what it refuses is a rejection", async () => {
    await expect(engine.hash("x", { ...COST, parallelism: 64 }, undefined)).rejects.toThrow();
  });
});

describe("what is said of a missing addon", () => {
  const { report } = process;
  const own = (name: "platform" | "arch" | "report") =>
    Object.getOwnPropertyDescriptor(process, name) as PropertyDescriptor;
  const former = { platform: own("platform"), arch: own("arch"), report: own("report") };
  const set = (name: keyof typeof former, value: unknown): object =>
    Object.defineProperty(process, name, { value, configurable: true });
  afterEach(() => {
    Object.defineProperties(process, former);
  });
  const reporting = (header: object) => ({ excludeNetwork: false, getReport: () => ({ header }) });

  it.each<readonly [string, string, unknown, string, string]>([
    ["win32", "arm64", report, "win32-arm64 ", "--os=win32 --cpu=arm64."],
    [
      "linux",
      "x64",
      reporting({ glibcVersionRuntime: "2.36" }),
      "linux-x64-glibc ",
      "--os=linux --cpu=x64 --libc=glibc.",
    ],
    ["linux", "arm64", reporting({}), "linux-arm64-musl ", "--os=linux --cpu=arm64 --libc=musl."],
    ["linux", "x64", undefined, "linux-x64 ", "--os=linux --cpu=x64."],
  ])("on %s %s names the machine", (platform, arch, itsReport, machine, flags) => {
    set("platform", platform);
    set("arch", arch);
    set("report", itsReport);
    const cause = new Error("no native binding");
    const error = createMissingAddonError(cause);
    expect(error.message).toContain(machine);
    expect(error.message).toContain(flags);
    expect(error.cause).toBe(cause);
  });

  it("leaves the process's reports as they were", () => {
    const itsReport = reporting({});
    set("report", itsReport);
    createMissingAddonError(null);
    expect(itsReport.excludeNetwork).toBe(false);
  });
});
