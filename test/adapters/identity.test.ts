import { expect, it } from "vitest";
import { authorizeRules, identify, recallIdentity, recallOptionalIdentity } from "../../src/adapters/adapter.ts";
import { showIdentity } from "../../src/adapters/identity.ts";
import { AuthError } from "../../src/core/errors.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { createGuard } from "../../src/guard/create.ts";
import { scopes } from "../../src/guard/rules.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { profileOf } from "../support/tokens.ts";

const token = profileOf();
const good = `Bearer ${await issueToken({ sub: "someone", scope: "read" }, token)}`;

/** One answers at once, and one has to wait for its blocklist. */
const GUARDS = {
  "without a blocklist": createGuard({ token }),
  "with a blocklist": createGuard({ token, blocklist: memoryBlocklist() }),
};

it("refuses at once where nobody has to be waited for, else by a promise that rejects", async () => {
  const { "without a blocklist": atOnce, "with a blocklist": inTime } = GUARDS;
  for (const header of [undefined, "Bearer x.y.z", [good, good]]) {
    expect(() => identify({}, atOnce, "authenticate", header)).toThrow(AuthError);
    await expect(identify({}, inTime, "authenticate", header)).rejects.toThrow(AuthError);
  }
});

it.each(Object.entries(GUARDS))("a guard %s leaves nobody behind where it refuses", async (_what, guard) => {
  const holder = {};
  await identify(holder, guard, "authenticate", good);
  expect(recallIdentity(holder, guard).userId).toBe("someone");
  const found = (async () => identify(holder, guard, "authenticate", "Bearer x.y.z"))();
  expect(() => recallIdentity(holder, guard)).toThrow(TypeError);
  await expect(found).rejects.toThrow(AuthError);
  expect(() => recallIdentity(holder, guard)).toThrow(TypeError);
  expect(() => recallOptionalIdentity(holder, guard)).toThrow(TypeError);
  expect(() => authorizeRules(holder, [scopes("read")], {})).toThrow(TypeError);
});

it.each(Object.entries(GUARDS))("a guard %s shows nobody where it refuses", async (_what, guard) => {
  const other = { id: "of another library" };
  for (const [shown, left] of [
    [undefined, null],
    [other, other],
  ]) {
    const holder: { auth?: unknown } = {};
    const found = await identify(holder, guard, "authenticate", good);
    showIdentity(holder, found);
    if (shown !== undefined) holder.auth = shown;
    await expect((async () => identify(holder, guard, "authenticate", "Bearer x.y.z"))()).rejects.toThrow(AuthError);
    expect(holder.auth).toBe(left);
  }
});

it("leaves nobody behind where another guard refuses, or its answer is no identity", async () => {
  const holder = {};
  const { "without a blocklist": guard, "with a blocklist": other } = GUARDS;
  for (const next of [other, { ...guard, authenticate: async () => ({}) as never }]) {
    await identify(holder, guard, "authenticate", good);
    await expect(identify(holder, next, "authenticate", undefined)).rejects.toThrow();
    expect(() => recallIdentity(holder, guard)).toThrow(TypeError);
  }
});
