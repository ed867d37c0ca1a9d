import { expect, it, vi } from "vitest";
import { authorizeRules, identify, recallIdentity, recallOptionalIdentity } from "../../../src/adapters/adapter.ts";
import { showIdentity } from "../../../src/adapters/identity.ts";
import { AuthError } from "../../../src/core/errors.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Rule } from "../../../src/guard/rule.ts";
import { scopes } from "../../../src/guard/rules.ts";
import type { Blocklist } from "../../../src/stores/contract.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { profileOf } from "../../support/tokens.ts";

const token = profileOf();
const good = `Bearer ${await issueToken({ sub: "someone", scope: "read" }, token)}`;

/** Two answer at once, one waits for its blocklist, and one for every answer. */
const GUARDS = {
  "without a blocklist": createGuard({ token }),
  "with a blocklist in memory": createGuard({ token, blocklist: memoryBlocklist() }),
  "with a blocklist elsewhere": createGuard({ token, blocklist: elsewhere(false) }),
  "with a schema": createGuard({ token: profileOf(undefined, { schema: sameSchema() }) }),
};

/** A blocklist that answers later. */
function elsewhere(answer: boolean): Blocklist {
  return { ...memoryBlocklist(), isRevoked: async () => answer };
}

function sameSchema(): never {
  return { "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) } } as never;
}

it("refuses at once where nobody has to be waited for, else by a promise that rejects", async () => {
  for (const header of [undefined, "Bearer x.y.z", [good, good]]) {
    for (const guard of Object.values(GUARDS)) {
      expect(() => identify({}, guard, "authenticate", header)).toThrow(AuthError);
    }
  }
  const holder = {};
  const revoked = createGuard({ token, blocklist: elsewhere(true) });
  await expect(identify(holder, revoked, "authenticate", good)).rejects.toMatchObject({ code: "revoked" });
  expect(() => recallIdentity(holder, revoked)).toThrow(TypeError);
});

it("a guard of the application's own that throws at once, or answers without a promise, is waited for", async () => {
  const { authorize } = createGuard({ token });
  const identity = { userId: "someone", scopes: [] } as never;
  const ask = (authenticate: () => unknown) =>
    identify({}, { authorize, authenticate, authenticateOptional: authenticate } as never, "authenticate", undefined);
  const refuse = (): never => {
    throw new AuthError("revoked");
  };
  await expect(ask(refuse)).rejects.toThrow(AuthError);
  const found = ask(() => identity);
  expect(found).toBeInstanceOf(Promise);
  expect(await found).toBe(identity);
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
  const { "without a blocklist": guard, "with a schema": other, "with a blocklist in memory": third } = GUARDS;
  for (const next of [other, third, { ...guard, authenticate: async () => ({}) as never }]) {
    await identify(holder, guard, "authenticate", good);
    await expect((async () => identify(holder, next, "authenticate", undefined))()).rejects.toThrow();
    expect(() => recallIdentity(holder, guard)).toThrow(TypeError);
  }
});

it("rules are asked in order as one rule, each about the request, from the list as it was", async () => {
  const told: unknown[] = [];
  const rule = (name: string, verdict?: () => unknown): Rule => ({
    check: (_identity, { request, clockTolerance }) => {
      told.push([name, request, clockTolerance]);
      return verdict?.() as undefined;
    },
  });
  const holder = {};
  const guard = createGuard({ token });
  const authorize = vi.fn(guard.authorize);
  const watched = { ...guard, authorize };
  await identify(holder, watched, "authenticate", good);
  const list = [rule("first"), rule("later", async () => undefined), rule("last")];
  const pending = authorizeRules(holder, list, "the request");
  list.pop();
  await pending;
  expect(told.splice(0)).toEqual(["first", "later", "last"].map((name) => [name, "the request", 0]));
  expect(authorize.mock.calls.map(({ length }) => length)).toEqual([2]);
  const refuse = (code: "forbidden" | "revoked") => () => {
    throw new AuthError(code);
  };
  const two = [rule("first", refuse("forbidden")), rule("last", refuse("revoked"))];
  expect(() => authorizeRules(holder, two, "r")).toThrow(expect.objectContaining({ code: "forbidden" }));
  expect(told).toEqual([["first", "r", 0]]);
  expect(() => authorizeRules(holder, [rule("says no", () => false)], "r")).toThrow(
    expect.objectContaining({ code: "unavailable" }),
  );
  for (const broken of [undefined, null, scopes("admin")]) {
    expect(() => authorizeRules(holder, broken as never, "r")).toThrow(TypeError);
  }
});
