import type { ServerResponse } from "node:http";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { Breaker } from "../../src/introspection/breaker.ts";
import { codeOf } from "../support/flow.ts";
import { runs } from "../support/thorough.ts";
import { type Desk, deskOf, FAULTS, FakeEndpoint, GOOD } from "./endpoint.ts";

/** Each test has one of its own: requests that were given up may still arrive. */
let endpoint: FakeEndpoint;
const opened: FakeEndpoint[] = [];
beforeEach(async () => {
  endpoint = await openEndpoint();
});
afterAll(() => {
  for (const it of opened) it.stop();
});

async function openEndpoint(): Promise<FakeEndpoint> {
  const started = new FakeEndpoint();
  started.tokens.set("good", GOOD);
  await started.start();
  opened.push(started);
  return started;
}

async function failTimes({ guard }: Desk, times: number): Promise<void> {
  for (let nth = 0; nth < times; nth += 1) await codeOf(guard.authenticateToken(`probe-${nth}`));
}

describe("in bounded time it is 503, never 401; nothing of it is remembered, and a known token goes on", () => {
  const isWaitedFor = (what: string): boolean => what.endsWith("hangs");
  const all = Object.keys(FAULTS);
  it.concurrent.each(all.filter(isWaitedFor))("where an endpoint %s", meetFault);
  it.each(all.filter((what) => !isWaitedFor(what)))("where an endpoint %s", meetFault);

  async function meetFault(what: string): Promise<void> {
    const own = await openEndpoint();
    const desk = deskOf(own, { timeoutMs: 250 });
    await desk.guard.authenticateToken("good");
    own.fault = FAULTS[what] ?? null;
    const started = performance.now();
    const error = await desk.guard.authenticateToken("other").catch((it) => it);
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(isAuthError(error) && [error.status, error.code]).toEqual([503, "unavailable"]);
    expect(error.headers).toMatchObject({ "Retry-After": "5" });
    expect(JSON.stringify(error) + JSON.stringify(error.headers)).not.toMatch(/127\.0\.0\.1|s3cret|other/);
    expect(String(error.cause?.message)).not.toMatch(/s3cret|signed in/);
    expect(desk.outages).toMatchObject([
      [{ code: "unavailable" }, { operation: "authenticate", call: "introspection.ask" }],
    ]);
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("ok");
    own.fault = null;
    own.tokens.set("other", GOOD);
    expect(await codeOf(desk.guard.authenticateToken("other"))).toBe("ok");
    expect(desk.credential.stats()).toMatchObject({ calls: 3, failures: 1 });
  }
});

describe("while the endpoint is down", () => {
  const AT_ONCE = runs(200, 1_000);
  it.each(["hangs", "answers 500", "closes the connection"])(
    `${AT_ONCE * 10} requests with other tokens make few calls where it %s`,
    async (name) => {
      const desk = deskOf(endpoint, { timeoutMs: 200 });
      endpoint.fault = FAULTS[name] ?? null;
      const started = performance.now();
      const codes = new Map<unknown, number>();
      for (let round = 0; round < 10; round += 1) {
        const asked = Array.from({ length: AT_ONCE }, (_, nth) =>
          codeOf(desk.guard.authenticateToken(`${round}-${nth}`)),
        );
        for (const code of await Promise.all(asked)) codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect([...codes]).toEqual([["unavailable", AT_ONCE * 10]]);
      expect(endpoint.asked.length).toBeLessThanOrEqual(50);
      expect(endpoint.mostUnderWay).toBeLessThanOrEqual(50);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
  );

  it("it is tried once a pause, the others are refused at once, and it is taken again as soon as it answers", async () => {
    const desk = deskOf(endpoint, { timeoutMs: 200 });
    endpoint.fault = FAULTS["answers 500"] ?? null;
    await failTimes(desk, 9);
    expect(endpoint.asked.length).toBe(5);
    const error = await desk.guard.authenticateToken("good").catch((it) => it);
    expect(error.headers).toEqual({ "Retry-After": "1" });
    for (const [pause, calls] of [
      [1_000, 6],
      [2_000, 7],
      [4_000, 8],
    ] as const) {
      desk.clock.now += pause - 1;
      await failTimes(desk, 3);
      expect(endpoint.asked.length).toBe(calls - 1);
      desk.clock.now += 1;
      await failTimes(desk, 3);
      expect(endpoint.asked.length).toBe(calls);
    }
    endpoint.fault = null;
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("unavailable");
    desk.clock.now += 8_000;
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("ok");
    await failTimes(desk, 3);
    expect(endpoint.asked.length).toBe(12);
  });

  it("a token that is remembered goes on for its time", async () => {
    const desk = deskOf(endpoint);
    await desk.guard.authenticateToken("good");
    endpoint.fault = FAULTS["answers 500"] ?? null;
    await failTimes(desk, 6);
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("ok");
    desk.clock.now += 30_000;
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("unavailable");
  });

  it("it is down for optional callers too, and nobody is let in as a stranger", async () => {
    const { guard } = deskOf(endpoint);
    endpoint.fault = FAULTS["answers HTML"] ?? null;
    expect(await codeOf(guard.authenticateOptional("Bearer good"))).toBe("unavailable");
    expect(await guard.authenticateOptional(null)).toBeNull();
  });
});

describe("an endpoint that can't answer for one token", () => {
  const answering = (status: number, body: unknown) => (_req: unknown, res: ServerResponse) =>
    void res.writeHead(status).end(JSON.stringify(body));

  it.each([
    ["refuses it as too strange", answering(400, {})],
    ["has a firewall that refuses it", answering(403, {})],
    ["refuses it as too long", answering(413, {})],
    ["says a claim of a wrong type", answering(200, { ...GOOD, exp: "tomorrow" })],
  ])("and %s is asked about the others all the same", async (_what, fault) => {
    const desk = deskOf(endpoint);
    endpoint.fault = fault;
    for (let nth = 0; nth < 10; nth += 1) {
      expect(await codeOf(desk.guard.authenticateToken(`odd-${nth}`))).toBe("unavailable");
    }
    expect(desk.credential.stats()).toMatchObject({ calls: 10, failures: 10 });
    endpoint.fault = null;
    expect(await codeOf(desk.guard.authenticateToken("good"))).toBe("ok");
  });

  it.each([401, 408, 429, 302, 500])("is left alone for a while where it answers %i to all", async (status) => {
    const desk = deskOf(endpoint);
    endpoint.fault = answering(status, {});
    await failTimes(desk, 10);
    expect(desk.credential.stats()).toMatchObject({ calls: 5, failures: 5 });
  });
});

describe("too many calls at once", () => {
  it("are refused with 503 at once, and the others go on", async () => {
    const desk = deskOf(endpoint, { maxConcurrent: 3 });
    let open = (): void => undefined;
    endpoint.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const nth of [1, 2, 3, 4]) endpoint.tokens.set(`t${nth}`, GOOD);
    const under = [1, 2, 3].map((nth) => codeOf(desk.guard.authenticateToken(`t${nth}`)));
    while (endpoint.asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const error = await desk.guard.authenticateToken("t4").catch((it) => it);
    expect([error.code, error.headers["Retry-After"]]).toEqual(["unavailable", "1"]);
    expect(error.cause.message).toContain("maxConcurrent");
    open();
    expect(await Promise.all(under)).toEqual(["ok", "ok", "ok"]);
    expect(await codeOf(desk.guard.authenticateToken("t4"))).toBe("ok");
    expect(endpoint.mostUnderWay).toBe(3);
  });
});

describe("a fetch of the application's own", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("proxy secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("proxy secret"))],
    ["gives no answer", async () => undefined],
    ["gives a body that is no stream", async () => ({ status: 200, headers: new Headers(), body: "{}" })],
    ["never settles", () => new Promise(() => {})],
  ])("that %s is an outage", async (_what, fetch) => {
    const { guard } = deskOf(endpoint, { fetch: fetch as never, timeoutMs: 50 });
    expect(await codeOf(guard.authenticateToken("good"))).toBe("unavailable");
  });
});

it("a clock that tells no time is an outage", async () => {
  const { guard } = deskOf(endpoint, { now: () => Number.NaN });
  expect(await codeOf(guard.authenticateToken("good"))).toBe("unavailable");
});

describe("a breaker", () => {
  it("pauses after failures in a row, and not by those that successes divide", () => {
    const breaker = new Breaker();
    for (const hasFailed of [true, true, true, true, false, true, true, true, true]) breaker.begin()(hasFailed, 0);
    expect(breaker.getTimeLeft(0)).toBe(0);
    breaker.begin()(true, 0);
    expect(breaker.getTimeLeft(0)).toBe(1_000);
    expect(breaker.getTimeLeft(999)).toBe(1);
    expect(breaker.getTimeLeft(1_000)).toBe(0);
    expect(breaker.getTimeLeft(-1)).toBe(0); // The clock was set back.
  });

  it("takes many failures at once for one, and lets one call pass at a time", () => {
    const breaker = new Breaker();
    const ends = Array.from({ length: 50 }, () => breaker.begin());
    for (const end of ends) end(true, 0);
    expect(breaker.getTimeLeft(0)).toBe(1_000);
    const end = breaker.begin();
    expect(breaker.getTimeLeft(1_000)).toBe(1_000);
    end(true, 1_000);
    expect(breaker.getTimeLeft(1_000)).toBe(2_000);
  });

  it("pauses for half a minute at the most", () => {
    const breaker = new Breaker();
    for (let nth = 0; nth < 20; nth += 1) breaker.begin()(true, 0);
    expect(breaker.getTimeLeft(0)).toBe(30_000);
  });

  it("ends the pause by a call that began before it and succeeds", () => {
    const breaker = new Breaker();
    const early = breaker.begin();
    for (let nth = 0; nth < 5; nth += 1) breaker.begin()(true, 0);
    early(false, 1);
    expect(breaker.getTimeLeft(1)).toBe(0);
  });
});
