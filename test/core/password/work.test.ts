import { beforeEach, describe, expect, it, vi } from "vitest";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";

const work = vi.hoisted(() => vi.fn<(hash: string) => void>());

vi.mock("@node-rs/argon2", async (original) => {
  const addon = await original<typeof import("@node-rs/argon2")>();
  return {
    ...addon,
    verify: (...args: Parameters<typeof addon.verify>) => {
      work(String(args[0]).slice(0, "$argon2id$v=19$m=64,t=1,p=1$".length));
      return addon.verify(...args);
    },
  };
});

const COST = { memoryCost: 64, timeCost: 1 };
const hasher = createPasswordHasher(COST);
const [TYPED, NFC] = ["cafe\u0301", "caf\u00e9"];
const normalised = await hasher.hash(NFC);
const asTyped = await (await import("@node-rs/argon2")).hash(TYPED, COST);

beforeEach(() => vi.clearAllMocks());

describe.each([
  [TYPED, 2],
  [NFC, 1],
  ["wrong", 1],
  ["wronge\u0301", 2],
])("comparing %j", (password, times) => {
  it.each<readonly [string, string | null]>([
    ["the hash of its NFC", normalised],
    ["a hash of it as it was typed", asTyped],
    ["no hash", null],
    ["another scheme's hash", "$2b$10$x"],
    ["a damaged hash", `${normalised}=`],
    ["a hash over the ceiling", normalised.replace("m=64", "m=4294967295")],
  ])(`with %s is Argon2 at the same cost, ${times} times`, async (_what, hash) => {
    await hasher.compare(password, hash);
    expect(work.mock.calls).toEqual(Array(times).fill(["$argon2id$v=19$m=64,t=1,p=1$"]));
  });
});

it("no work is done for what is no password, whatever the hash", async () => {
  for (const hash of [normalised, asTyped, null]) await hasher.compare("x\0", hash);
  expect(work).not.toHaveBeenCalled();
});
