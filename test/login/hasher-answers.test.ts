import { describe, expect, it, vi } from "vitest";
import { codeOf, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";

const CHANGE = { ...READER, newPassword: "another horse" };

describe("a hasher of the application's own", () => {
  it.each<readonly [string, unknown]>([
    ["a symbol", Symbol("INVALID")],
    ["an object", { valid: false }],
    ["text", "false"],
    ["a Boolean", new Boolean(false)],
    ["a number", 1],
    ["nothing", undefined],
    ["null", null],
  ])("that answers a comparison with %s is an outage, and lets nobody in", async (_what, answer) => {
    const { auth } = houseOf({ more: { passwords: { ...passwords, compare: async () => answer as boolean } } });
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(await codeOf(auth.login({ ...READER, login: "nobody" }))).toBe("unavailable");
    expect(await codeOf(auth.changePassword(CHANGE))).toBe("unavailable");
  });

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["no text", ""],
    ["bytes", Buffer.from("hash")],
    ["a number", 1],
  ])("that makes %s of a password is an outage, and the stored hash stays", async (_what, answer) => {
    const house = houseOf();
    const odd = houseOf({ like: house, more: { passwords: { ...passwords, hash: async () => answer as string } } });
    expect(await codeOf(odd.auth.changePassword(CHANGE))).toBe("unavailable");
    expect(await codeOf(house.auth.login(READER))).toBe("ok");
  });

  it.each([200, 401, 404])("whose service answers %i is an outage, which is told", async (status) => {
    const failed = async (): Promise<never> => {
      throw Object.assign(new Error(`Request failed with status code ${status}`), { status });
    };
    const house = houseOf();
    for (const call of ["compare", "hash"] as const) {
      const onOutage = vi.fn();
      const more = { passwords: { ...passwords, [call]: failed }, onOutage };
      const { auth } = houseOf({ like: house, more });
      await expect(auth.changePassword(CHANGE)).rejects.toMatchObject({ code: "unavailable", cause: { status } });
      expect(onOutage.mock.lastCall?.[1]).toMatchObject({ call: `passwords.${call}` });
    }
    expect(await codeOf(house.auth.login(READER))).toBe("ok");
  });

  it("that throws at once is an outage, too", async () => {
    const compare = (): never => {
      throw new Error("boo");
    };
    expect(await codeOf(houseOf({ more: { passwords: { ...passwords, compare } } }).auth.login(READER))).toBe(
      "unavailable",
    );
  });

  it("tells the listener which call it was", async () => {
    const told: unknown[] = [];
    const onOutage = (error: Error, { call }: { readonly call?: string }) => told.push([call, String(error.cause)]);
    const compare = async () => ({ valid: false }) as never;
    const { auth } = houseOf({ more: { passwords: { ...passwords, compare }, onOutage } });
    await codeOf(auth.login({ ...READER, password: PASSWORD }));
    expect(told).toEqual([
      ["passwords.compare", "TypeError: passwords.compare: the answer must be true or false, got an object"],
    ]);
  });
});
