import { describe, expect, it } from "vitest";
import { createOneTimeCodes } from "../../src/one-time/codes.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { OneTimeStore, StoredOneTimeToken } from "../../src/stores/contract.ts";
import { memoryOneTimeStore } from "../../src/stores/memory.ts";
import { NOW } from "../support/tokens.ts";

const MINUTE = 60_000;

/** Opens tokens and codes over one store and one clock, as instances with different settings have them. */
function houseOf(store: OneTimeStore = memoryOneTimeStore()) {
  const clock = { now: NOW };
  const options = { store, purpose: "reset", now: () => clock.now, onOutage: () => undefined };
  return {
    clock,
    store,
    tokensOf: <Data = null>(lifetime: "1h" | "30s") => createOneTimeTokens<Data>({ ...options, lifetime }),
    codesOf: (lifetime: "1h" | "30s") => createOneTimeCodes({ ...options, lifetime }),
  };
}

describe("the instant of issue", () => {
  it.each([
    ["1h", "30s"],
    ["30s", "1h"],
  ] as const)("stays the same where the lifetime changes from %s to %s", async (before, after) => {
    const { clock, tokensOf, codesOf } = houseOf();
    const [{ token }, { code }] = [await tokensOf(before).issue("user-1"), await codesOf(before).issue("user-1")];
    clock.now += 1_000;
    const issued = { issuedAt: new Date(NOW) };
    expect(await tokensOf(after).consume(token), "a token").toMatchObject(issued);
    expect(await codesOf(after).consume("user-1", code), "a code").toMatchObject(issued);
  });

  it("that lies ahead of the clock counts as now", async () => {
    const { clock, tokensOf } = houseOf();
    const { token } = await tokensOf("1h").issue("user-1");
    clock.now -= MINUTE;
    expect(await tokensOf("1h").consume(token)).toMatchObject({ issuedAt: new Date(NOW - MINUTE) });
  });
});

describe("a record that was stored without the instant of issue", () => {
  const stored = (store: OneTimeStore): OneTimeStore => ({
    ...store,
    put: (token: StoredOneTimeToken, at) => store.put({ ...token, data: token.data.replace(/^[^:]*:/, "") }, at),
  });

  it.each([[null], [7], [-7.5], ["text: with a colon"], ["1:2"], [[1, 2]], [{ email: "a@example.com" }]])(
    "is read, with its data %j, and counts as older than every log-out",
    async (data) => {
      const { tokensOf, store } = houseOf();
      const { token } = await houseOf(stored(store)).tokensOf<unknown>("1h").issue("user-1", data);
      const issuedAt = new Date(0);
      expect(await tokensOf<unknown>("1h").consume(token)).toMatchObject({ data, issuedAt });
    },
  );
});
