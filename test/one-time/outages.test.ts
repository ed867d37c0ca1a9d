import { describe, expect, it, vi } from "vitest";
import { AuthError } from "../../src/core/errors.ts";
import { createOneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OutageContext } from "../../src/store-calls/outage.ts";
import type { OneTimeStore } from "../../src/stores/contract.ts";
import { memoryOneTimeStore } from "../../src/stores/memory.ts";
import { OUTAGES } from "../support/flow.ts";

const TOKEN = "a".repeat(43);

function houseOf(change: Partial<OneTimeStore>) {
  const told: OutageContext[] = [];
  const store = { ...memoryOneTimeStore(), ...change };
  const onOutage = (_error: AuthError, context: OutageContext): number => told.push(context);
  const options = { store, purpose: "reset", storeTimeoutMs: 60, onOutage };
  return { told, tokens: createOneTimeTokens({ ...options, lifetime: "1h" }), codes: createOneTimeCodes(options) };
}

type House = ReturnType<typeof houseOf>;

/** The refusal that something comes to. */
async function refusalOf(work: Promise<unknown>): Promise<AuthError> {
  const error = await work.then(
    (answer) => answer,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({ code: "unavailable", status: 503 });
  return error as AuthError;
}

/** Each operation, and the call of the store that fails it. */
const CASES: readonly (readonly [string, keyof OneTimeStore, (house: House) => Promise<unknown>])[] = [
  ["issue", "put", ({ tokens }) => tokens.issue("user-1")],
  ["find", "find", ({ tokens }) => tokens.find(TOKEN)],
  ["consume", "take", ({ tokens }) => tokens.consume(TOKEN)],
  ["revoke", "put", ({ tokens }) => tokens.revoke("user-1")],
  ["issue", "put", ({ codes }) => codes.issue("user-1")],
  ["consume", "countTry", ({ codes }) => codes.consume("user-1", "123456")],
  ["revoke", "put", ({ codes }) => codes.revoke("user-1")],
];

describe.each(CASES)("%s, by oneTime.%s", (operation, method, work) => {
  it.each(OUTAGES)("is 503 in bounded time where it %s, and is told", async (_how, fail) => {
    const house = houseOf({ [method]: fail });
    const began = performance.now();
    await refusalOf(work(house));
    expect(performance.now() - began).toBeLessThan(500);
    const [context, ...others] = house.told;
    expect(others).toEqual([]);
    expect(context).toMatchObject({ operation, refused: true, call: `oneTime.${method}` });
  });
});

it("a right code whose taking fails is 503, and may be sent again", async () => {
  const store = memoryOneTimeStore();
  const options = { purpose: "reset", storeTimeoutMs: 60, onOutage: () => undefined };
  const good = createOneTimeCodes({ ...options, store });
  const down = createOneTimeCodes({ ...options, store: { ...store, take: () => new Promise(() => undefined) } });
  const { code } = await good.issue("user-1");
  await refusalOf(down.consume("user-1", code));
  expect(await good.consume("user-1", code)).not.toBeNull();
});

it("a token whose answer was lost is spent", async () => {
  const store = memoryOneTimeStore();
  const options = { purpose: "reset", lifetime: "1h", storeTimeoutMs: 60, onOutage: () => undefined } as const;
  const good = createOneTimeTokens({ ...options, store });
  const take: OneTimeStore["take"] = async (digest) => {
    await store.take(digest);
    throw new Error("ECONNRESET");
  };
  const { token } = await good.issue("user-1");
  await refusalOf(createOneTimeTokens({ ...options, store: { ...store, take } }).consume(token));
  expect(await good.consume(token)).toBeNull();
});

it("an outage is warned of where nobody listens", async () => {
  const store = { ...memoryOneTimeStore(), take: () => Promise.reject(new Error("down")) };
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  await refusalOf(createOneTimeTokens({ store, purpose: "reset", lifetime: "1h" }).consume(TOKEN));
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^hallpass: consume met an outage: oneTime.take/)]]);
  warn.mockRestore();
});

describe("an answer that does not fit is an outage that names the member", () => {
  const NEXT = new Date(8.64e15);
  const stored = { purpose: "token:reset", userId: "user-1", data: "null", expiresAt: NEXT };

  it.each<readonly [object | undefined | number, string]>([
    [undefined, "oneTime.take: the answer must be an object or null, got undefined: where there is none, answer null"],
    [7, "oneTime.take: the answer must be an object or null, got a number"],
    [{ ...stored, digest: "other" }, "oneTime.take: it answered with another token than it was asked for"],
    [{ ...stored, purpose: "token:other" }, "oneTime.take: it answered with another token than it was asked for"],
    [{ ...stored, userId: 7 }, "oneTime.take: userId must be a non-empty string of at most 1024 characters"],
    [{ ...stored, data: "{" }, "oneTime.take: data must be the text that was stored, got a string"],
    [{ ...stored, data: null }, "oneTime.take: data must be the text that was stored, got null"],
    [{ ...stored, expiresAt: "2030" }, "oneTime.take: expiresAt must be a valid Date, got a string"],
  ])("take, wrong in way %#", async (answer, words) => {
    const take = async (digest: string) => (typeof answer === "object" ? { digest, ...answer } : answer) as never;
    const { cause } = await refusalOf(houseOf({ take }).tokens.consume(TOKEN));
    expect((cause as Error).message).toContain(words);
  });

  it.each<readonly [unknown, string]>([
    [undefined, "oneTime.countTry: the answer must be an object or null"],
    [true, "oneTime.countTry: the answer must be an object or null, got a boolean"],
    [{ tries: 1 }, "oneTime.countTry: digest must be a non-empty string"],
    [{ digest: "x", tries: "1" }, "oneTime.countTry: tries must be a whole number, 0 or more, got a string"],
    [{ digest: "x", tries: 0 }, "oneTime.countTry: tries must count this one, got 0"],
  ])("countTry: %j", async (answer, words) => {
    const { cause } = await refusalOf(houseOf({ countTry: async () => answer as never }).codes.consume("u", "123456"));
    expect((cause as Error).message).toContain(words);
  });

  it("a digest of another length is no match", async () => {
    const { codes, told } = houseOf({ countTry: async () => ({ digest: "short", tries: 1 }) });
    expect(await codes.consume("user-1", "123456")).toBeNull();
    expect(told).toEqual([]);
  });
});
