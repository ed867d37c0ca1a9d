import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RememberedAnswers } from "../../src/introspection/remembered.ts";
import { MAX_REMEMBERED_ANSWER_LENGTH, MAX_REMEMBERED_ANSWERS } from "../../src/shared/limits.ts";
import { codeOf } from "../support/flow.ts";
import { SECOND } from "../support/tokens.ts";
import { deskOf, FakeEndpoint, GOOD } from "./endpoint.ts";

const endpoint = new FakeEndpoint();
beforeAll(() => endpoint.start());
afterAll(() => endpoint.stop());
beforeEach(() => {
  endpoint.asked.length = 0;
  endpoint.tokens.clear();
  endpoint.tokens.set("good", GOOD);
  endpoint.gate = Promise.resolve();
  endpoint.mostUnderWay = 0;
});

const arrived = async (count: number): Promise<void> => {
  while (endpoint.asked.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
};

function gateOf(): { readonly open: () => void } {
  let open = (): void => undefined;
  endpoint.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open() };
}

describe("an answer", () => {
  it("is remembered for the stated time, and not longer", async () => {
    const { guard, clock } = deskOf(endpoint);
    await guard.authenticateToken("good");
    endpoint.tokens.delete("good");
    clock.now += 29_999;
    expect(await codeOf(guard.authenticateToken("good"))).toBe("ok");
    clock.now += 1;
    expect(await codeOf(guard.authenticateToken("good"))).toBe("invalid_token");
    expect(endpoint.asked.length).toBe(2);
  });

  it("is remembered as of the instant before it was asked for", async () => {
    const { guard, clock } = deskOf(endpoint);
    const gate = gateOf();
    const early = guard.authenticateToken("good");
    await arrived(1);
    clock.now += 20_000;
    gate.open();
    await early;
    clock.now += 9_999;
    await guard.authenticateToken("good");
    expect(endpoint.asked.length).toBe(1);
    clock.now += 1;
    await guard.authenticateToken("good");
    expect(endpoint.asked.length).toBe(2);
  });

  it("never outlives the token", async () => {
    const { guard, clock } = deskOf(endpoint, { cacheFor: "1h" });
    await guard.authenticateToken("good");
    clock.now = (SECOND + 900) * 1_000 - 1;
    expect(await codeOf(guard.authenticateToken("good"))).toBe("ok");
    expect(endpoint.asked.length).toBe(1);
    clock.now += 1;
    expect(await codeOf(guard.authenticateToken("good"))).toBe("expired");
    endpoint.tokens.set("good", { ...GOOD, exp: SECOND + 2_000 }); // Some servers let a token that is used live longer.
    expect(await codeOf(guard.authenticateToken("good"))).toBe("ok");
    expect(endpoint.asked.length).toBe(3);
  });

  it("that says that a token is not good is remembered for 5 s at the most", async () => {
    const { guard, clock } = deskOf(endpoint);
    for (const _time of [1, 2]) expect(await codeOf(guard.authenticateToken("late"))).toBe("invalid_token");
    expect(endpoint.asked.length).toBe(1);
    endpoint.tokens.set("late", GOOD);
    clock.now += 4_999;
    expect(await codeOf(guard.authenticateToken("late"))).toBe("invalid_token");
    clock.now += 1;
    expect(await codeOf(guard.authenticateToken("late"))).toBe("ok");
    const brief = deskOf(endpoint, { cacheFor: "1s" });
    await codeOf(brief.guard.authenticateToken("bad"));
    brief.clock.now += 1_000;
    await codeOf(brief.guard.authenticateToken("bad"));
    expect(endpoint.asked.length).toBe(4);
  });

  it("is not taken from the future, where the clock was set back", async () => {
    const { guard, clock } = deskOf(endpoint);
    await guard.authenticateToken("good");
    clock.now -= 1;
    await guard.authenticateToken("good");
    expect(endpoint.asked.length).toBe(2);
  });

  it("with cacheFor: 0 is not remembered at all", async () => {
    const { guard } = deskOf(endpoint, { cacheFor: 0 });
    for (const token of ["good", "good", "bad", "bad"]) await codeOf(guard.authenticateToken(token));
    expect(endpoint.asked.length).toBe(4);
  });
});

describe("a hundred requests at once with one token", () => {
  it.each([
    ["good", "ok"],
    ["bad", "invalid_token"],
  ])("that is %s make one call", async (token, code) => {
    const { guard } = deskOf(endpoint);
    const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(guard.authenticateToken(token))));
    expect(new Set(codes)).toEqual(new Set([code]));
    expect(endpoint.asked.length).toBe(1);
  });

  it("make no two calls at a time where nothing is remembered, and nobody gets an answer older than the request", async () => {
    const { guard } = deskOf(endpoint, { cacheFor: 0 });
    const gate = gateOf();
    const first = codeOf(guard.authenticateToken("good"));
    await arrived(1);
    endpoint.tokens.delete("good"); // The first call has been answered in effect: the token was good then.
    const later = Array.from({ length: 100 }, () => codeOf(guard.authenticateToken("good")));
    gate.open();
    expect(await first).toBe("ok");
    expect(new Set(await Promise.all(later))).toEqual(new Set(["invalid_token"]));
    expect(endpoint.asked.length).toBe(2);
    expect(endpoint.mostUnderWay).toBe(1);
    expect(await codeOf(guard.authenticateToken("good"))).toBe("invalid_token");
  });

  it("wait for the call after one that is older than a refusal may be", async () => {
    const { guard, clock } = deskOf(endpoint);
    const gate = gateOf();
    const first = codeOf(guard.authenticateToken("late"));
    await arrived(1);
    endpoint.tokens.set("late", GOOD);
    clock.now += 4_999;
    const joined = codeOf(guard.authenticateToken("late"));
    clock.now += 1;
    const next = [codeOf(guard.authenticateToken("late")), codeOf(guard.authenticateToken("late"))];
    gate.open();
    expect([await first, await joined]).toEqual(["invalid_token", "invalid_token"]);
    expect(await Promise.all(next)).toEqual(["ok", "ok"]);
    expect(endpoint.asked.length).toBe(2);
  });

  it("go on after a call that failed", async () => {
    const { guard } = deskOf(endpoint, { cacheFor: 0 });
    const gate = gateOf();
    endpoint.fault = (_req, res) => void res.writeHead(500).end();
    const first = codeOf(guard.authenticateToken("good"));
    await arrived(1);
    const next = codeOf(guard.authenticateToken("good"));
    gate.open();
    expect(await first).toBe("unavailable");
    endpoint.fault = null;
    expect(["ok", "unavailable"]).toContain(await next);
    expect(await codeOf(guard.authenticateToken("good"))).toBe("ok");
  });
});

describe("what is remembered is bounded", () => {
  const good = (size = 10) => ({ claims: { active: true as const, sub: "user-1" }, size });
  const bad = { claims: null, size: 0 };

  it("in number: the least recently used is forgotten", () => {
    const remembered = new RememberedAnswers(30_000);
    for (let nth = 0; nth < MAX_REMEMBERED_ANSWERS; nth += 1) remembered.remember(`${nth}`, good(), 0);
    expect(remembered.recall("0", 1)).toBeDefined();
    remembered.remember("one more", good(), 0);
    expect(remembered.recall("0", 1)).toBeDefined();
    expect(remembered.recall("1", 1)).toBeUndefined();
    expect(remembered.recall("2", 1)).toBeDefined();
  });

  it("in length", () => {
    const remembered = new RememberedAnswers(30_000);
    const size = 50_000;
    const most = MAX_REMEMBERED_ANSWER_LENGTH / size;
    for (let nth = 0; nth <= most; nth += 1) remembered.remember(`${nth}`, good(size), 0);
    const kept = Array.from({ length: most + 1 }, (_, nth) => remembered.recall(`${nth}`, 1) !== undefined);
    expect(kept.filter(Boolean).length).toBe(most);
    expect(kept[0]).toBe(false);
    remembered.remember("1", good(size), 0); // The same again takes no more room.
    expect(remembered.recall("2", 1)).toBeDefined();
  });

  it("apart, so that random tokens drive no good one out", () => {
    const remembered = new RememberedAnswers(30_000);
    remembered.remember("good", good(), 0);
    for (let nth = 0; nth < 2 * MAX_REMEMBERED_ANSWERS; nth += 1) remembered.remember(`${nth}`, bad, 0);
    expect(remembered.recall("good", 1)).toBeDefined();
    expect(remembered.recall("0", 1)).toBeUndefined();
  });

  it("and has one answer of a token", () => {
    const remembered = new RememberedAnswers(30_000);
    remembered.remember("it", bad, 0);
    remembered.remember("it", good(), 1);
    expect(remembered.recall("it", 2)?.claims).toBeTruthy();
    remembered.remember("it", bad, 2);
    expect(remembered.recall("it", 3)?.claims).toBeNull();
  });
});
