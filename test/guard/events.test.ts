import { channel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it } from "vitest";
import type { AuthEvent, AuthEventListener } from "../../src/events/event.ts";
import { createGuard } from "../../src/guard/create.ts";
import { scopes, where } from "../../src/guard/rules.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

const EVENTS = channel("hallpass:event");
const token = profileOf();
const good = `Bearer ${signed({ ...CLAIMS, scope: "read", sid: "s" })}`;
const secret = `Bearer ${signed({ ...CLAIMS, exp: 1, sub: "a-secret-name" })}`;
const ignore = (): undefined => undefined;

let stop = ignore;
afterEach(() => {
  stop();
  stop = ignore;
});

/** Notes the events of a guard, as a listener and as a subscriber hear them. */
function listen(options: object = {}) {
  const [told, published]: [AuthEvent[], unknown[]] = [[], []];
  const subscriber = (event: unknown): void => void published.push(event);
  EVENTS.subscribe(subscriber);
  stop = () => void EVENTS.unsubscribe(subscriber);
  const onEvent: AuthEventListener = (event) => void told.push(event);
  return { told, published, guard: createGuard({ token, onOutage: ignore, onEvent, ...options }) };
}

describe("a guard tells of", () => {
  it("a token that it refuses, by its code", async () => {
    const { guard, told, published } = listen();
    for (const header of ["Bearer x", secret, "Bearer", undefined]) await guard.authenticate(header).catch(ignore);
    await guard.authenticate(good);
    const of = (code: string) => ({ type: "token_refused", code, version: 1, at: NOW });
    expect(told).toEqual([of("invalid_token"), of("expired"), of("invalid_request")]);
    expect(published).toEqual(told);
    expect(told.every((event) => Object.isFrozen(event))).toBe(true);
    expect(JSON.stringify(told)).not.toContain("a-secret-name");
  });

  it("an identity that a rule refuses", async () => {
    const { guard, told } = listen();
    const identity = await guard.authenticate(good);
    expect(() => guard.authorize(identity, scopes("write"))).toThrow();
    await expect(
      guard.authorize(
        identity,
        where(async () => false),
      ),
    ).rejects.toThrow();
    const of = (code: string) => ({ type: "access_refused", userId: "user-1", sid: "s", code, version: 1, at: NOW });
    expect(told).toEqual([of("insufficient_scope"), of("forbidden")]);
  });

  it.each<readonly [unknown, string | null]>([
    [new RangeError("password=hunter2"), "RangeError"],
    [{ name: "x".repeat(65) }, null],
    [{ name: 7 }, null],
    ["text", null],
    [null, null],
  ])("an outage, without the text of its cause %o", async (cause, name) => {
    const isRevoked = () => Promise.reject(cause);
    const { guard, told } = listen({ blocklist: { ...memoryBlocklist(), isRevoked } as Blocklist });
    await guard.authenticate(good).catch(ignore);
    const of = { type: "outage", operation: "authenticate", refused: true, call: "blocklist.isRevoked", cause: name };
    expect(told).toEqual([{ ...of, durationMs: expect.any(Number), version: 1, at: NOW }]);
    expect(JSON.stringify(told)).not.toContain("hunter2");
  });

  it("an outage whose cause can't be read", async () => {
    const cause = new Proxy({}, { get: undefinedFunction });
    const { guard, told } = listen({ blocklist: { ...memoryBlocklist(), isRevoked: () => Promise.reject(cause) } });
    await guard.authenticate(good).catch(ignore);
    expect(told).toMatchObject([{ type: "outage", call: "blocklist.isRevoked", cause: null }]);
  });
});

it.each<readonly [string, AuthEventListener]>([
  ["throws", () => undefinedFunction()],
  ["rejects", () => Promise.reject(new Error("listener"))],
  ["hangs", () => new Promise(() => undefined)],
])("a listener that %s changes nothing", async (_how, onEvent) => {
  const guard = createGuard({ token, onEvent });
  await expect(guard.authenticate("Bearer x")).rejects.toMatchObject({ code: "invalid_token" });
});

it("tells the channel alone, where the application gave no listener", async () => {
  const { published } = listen();
  await createGuard({ token }).authenticate("Bearer x").catch(ignore);
  expect(published).toMatchObject([{ type: "token_refused" }]);
});

it("makes no event where nobody listens", async () => {
  let reads = 0;
  const now = (): number => {
    reads += 1;
    return NOW;
  };
  const token = profileOf(undefined, { now });
  const refuse = async (guard: ReturnType<typeof createGuard>): Promise<number> => {
    reads = 0;
    await guard.authenticate("Bearer x").catch(ignore);
    return reads;
  };
  const unheard = await refuse(createGuard({ token }));
  expect(await refuse(createGuard({ token, onEvent: ignore }))).toBe(unheard + 1);
});

it("takes a function as a listener, and nothing else", () => {
  expect(() => createGuard({ token, onEvent: "log" as never })).toThrow(/onEvent must be a function/);
});

function undefinedFunction(): never {
  throw new Error("listener");
}
