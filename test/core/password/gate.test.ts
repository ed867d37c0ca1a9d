import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuthError } from "../../../src/core/errors.ts";
import { comparePassword, hashPassword } from "../../../src/core/password/default.ts";
import { FairQueue } from "../../../src/core/password/fair-queue.ts";
import { Gate, type WorkOptions } from "../../../src/core/password/gate.ts";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { runs } from "../../support/thorough.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gate whose jobs end when they are told to, and what became of each, by the name it was given. */
function gateOf(maxConcurrent: number, maxQueue: number) {
  const gate = new Gate(maxConcurrent, maxQueue);
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  const answers = new Map<string, string[]>();
  return {
    running,
    begun,
    answers,
    /** Sends a job. */
    send(name: string, options?: WorkOptions): void {
      const told: string[] = [];
      answers.set(name, told);
      const job = (): Promise<string> => {
        begun.push(name);
        return new Promise((resolve) => running.set(name, () => resolve("done")));
      };
      gate.run(job, options).then(
        (answer) => told.push(answer),
        (error: AuthError) => told.push(error.code),
      );
    },
    /** Ends the job that has run for the longest. */
    async end(): Promise<string | undefined> {
      const [oldest] = running;
      if (oldest === undefined) return undefined;
      running.delete(oldest[0]);
      oldest[1]();
      await settled();
      return oldest[0];
    },
  };
}

describe("the queue", () => {
  it("gives every origin its turn, however many the others have sent", async () => {
    const { send, end, begun } = gateOf(1, 100);
    for (let n = 0; n < 5; n += 1) for (const from of ["a", "b"]) send(`${from}${n}`, { from });
    send("honest", { from: "h" });
    for (let n = 0; n < 12; n += 1) await end();
    expect(begun).toEqual(["a0", "b0", "a1", "honest", "b1", "a2", "b2", "a3", "b3", "a4", "b4"]);
  });

  it("lets one who has few waiting in when it is full, in the place of the newest of who has most", async () => {
    const { send, end, begun, answers } = gateOf(1, 4);
    for (const n of [0, 1, 2, 3]) send(`a${n}`, { from: "a" });
    send("b0", { from: "b" });
    send("c0", { from: "c" });
    await settled();
    expect(answers.get("a3")).toEqual(["overloaded"]);
    send("a4", { from: "a" });
    await settled();
    expect(answers.get("a4")).toEqual(["overloaded"]);
    send("d0", { from: "d" });
    await settled();
    expect(answers.get("a2")).toEqual(["overloaded"]);
    // All have one now: nobody has more than a newcomer would.
    send("e0", { from: "e" });
    send("b1", { from: "b" });
    await settled();
    expect([answers.get("e0"), answers.get("b1")]).toEqual([["overloaded"], ["overloaded"]]);
    for (let n = 0; n < 6; n += 1) await end();
    expect(begun).toEqual(["a0", "a1", "b0", "c0", "d0"]);
  });

  it("is one for all those of no origin, and no origin is not the empty one", async () => {
    const { send, end, begun } = gateOf(1, 10);
    send("first");
    for (const n of [1, 2]) send(`none${n}`, n === 1 ? {} : { from: undefined });
    send("empty", { from: "" });
    for (let n = 0; n < 4; n += 1) await end();
    expect(begun).toEqual(["first", "none1", "empty", "none2"]);
  });

  it("is none where it may hold nobody", async () => {
    const { send, answers } = gateOf(1, 0);
    for (const from of ["a", "b"]) send(from, { from });
    await settled();
    expect(answers.get("b")).toEqual(["overloaded"]);
  });

  it("is left by who gives up, and only before the work begins", async () => {
    const { send, end, begun, answers } = gateOf(1, 2);
    const [early, late, never] = [new AbortController(), new AbortController(), new AbortController()];
    send("a0", { from: "a", signal: late.signal });
    send("a1", { from: "a", signal: early.signal });
    send("a2", { from: "a", signal: never.signal });
    late.abort();
    early.abort();
    await settled();
    expect(answers.get("a1")).toEqual(["overloaded"]);
    send("a3", { from: "a" });
    send("a4", { signal: AbortSignal.abort() });
    for (let n = 0; n < 4; n += 1) await end();
    never.abort();
    await settled();
    expect(begun).toEqual(["a0", "a2", "a3"]);
    expect([...answers]).toEqual([
      ["a0", ["done"]],
      ["a1", ["overloaded"]],
      ["a2", ["done"]],
      ["a3", ["done"]],
      ["a4", ["overloaded"]],
    ]);
  });

  it("keeps nothing of a signal that lives on", async () => {
    const { send, end } = gateOf(1, 1);
    const listeners = new Set<unknown>();
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
    } as unknown as AbortSignal;
    for (const n of [0, 1, 2]) send(`a${n}`, { from: "a", signal });
    expect(listeners.size).toBe(1);
    for (let n = 0; n < 3; n += 1) await end();
    expect(listeners.size).toBe(0);
  });
});

const MANY = runs(20_000, 100_000);

it("a queue takes no longer the more there is in it", () => {
  const queue = new FairQueue<number>();
  const started = performance.now();
  const waiting = Array.from({ length: MANY }, (_, n) => queue.add(n % 3 === 0 ? "busy" : `origin-${n}`, n));
  for (let n = 0; n < MANY / 4; n += 1) {
    if (queue.makeRoom(`new-${n}`) === undefined) throw new Error("there is room to be made");
    queue.add(`new-${n}`, n);
  }
  for (const [n, place] of waiting.entries()) if (n % 3 === 1) queue.remove(place);
  while (queue.next() !== undefined);
  expect(queue.length).toBe(0);
  // To look through its lines, or through the longest, would take minutes.
  expect(performance.now() - started).toBeLessThan(MANY / 20);
});

it("a hasher passes on where its work comes from, and that nobody waits for it", async () => {
  const finish: (() => void)[] = [];
  const compare = (): Promise<boolean> => new Promise((resolve) => finish.push(() => resolve(true)));
  const legacy = [{ recognises: () => true, compare }];
  const hasher = createPasswordHasher({ memoryCost: 64, timeCost: 1, maxConcurrent: 1, maxQueue: 2, legacy });
  const order: string[] = [];
  const work = ["a", "a", "a"].map((from, at) =>
    hasher.compare("x", "old", { from }).then(
      () => order.push(`${from}${at}`),
      ({ code }) => order.push(code),
    ),
  );
  const honest = hasher.hash("x", { from: "b" }).then(() => order.push("b"));
  for (let n = 0; n < 2; n += 1) {
    await settled();
    finish[n]?.();
  }
  await Promise.all([...work, honest]);
  expect(order.slice(0, 2)).toEqual(["overloaded", "a0"]);
  expect(order.slice(2).sort()).toEqual(["a1", "b"]);
  const signal = AbortSignal.abort();
  for (const given of [hasher, { hash: hashPassword, compare: comparePassword }]) {
    await expect(given.hash("x", { signal })).rejects.toMatchObject({ code: "overloaded" });
    await expect(given.compare("x", null, { signal })).rejects.toMatchObject({ code: "overloaded" });
  }
});

it("holds for any origins that send, give up and end in any order", async () => {
  const origin = fc.constantFrom("a", "a", "a", "b", "c", undefined);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), from: origin }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("end" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("giveUp" as const), which: fc.nat(200) }) },
  );
  const settings = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 3 }),
    maxQueue: fc.integer({ min: 0, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.array(step, { minLength: 20, maxLength: 120 }),
      async ({ maxConcurrent, maxQueue }, steps) => {
        const { send, end, running, begun, answers } = gateOf(maxConcurrent, maxQueue);
        const jobs: { name: string; from: string | undefined; control: AbortController }[] = [];
        const isWaiting = ({ name }: { name: string }) => !begun.includes(name) && answers.get(name)?.length === 0;
        const waitingOf = (from: string | undefined) => jobs.filter((job) => job.from === from && isWaiting(job));
        /** How many jobs of others began since the oldest waiting job of an origin got to be that. */
        const since = new Map<string | undefined, { name: string; others: number; lines: number }>();
        for (const it of steps) {
          const before = begun.length;
          const full = jobs.filter(isWaiting).length >= maxQueue && running.size >= maxConcurrent;
          if (it.kind === "send") {
            const own = waitingOf(it.from).length;
            const most = Math.max(0, ...["a", "b", "c", undefined].map((from) => waitingOf(from).length));
            const job = { name: `j${jobs.length}`, from: it.from, control: new AbortController() };
            jobs.push(job);
            send(job.name, { from: it.from, signal: job.control.signal });
            await settled();
            const isRefused = answers.get(job.name)?.[0] === "overloaded";
            expect(isRefused).toBe(full && own + 1 >= most);
          } else if (it.kind === "end") {
            await end();
          } else {
            jobs[it.which % Math.max(jobs.length, 1)]?.control.abort();
            await settled();
          }
          expect(running.size).toBeLessThanOrEqual(maxConcurrent);
          const waiting = jobs.filter(isWaiting);
          expect(waiting.length).toBeLessThanOrEqual(maxQueue);
          if (waiting.length > 0) expect(running.size).toBe(maxConcurrent);
          for (const from of ["a", "b", "c", undefined]) {
            const oldest = waitingOf(from)[0]?.name;
            const known = since.get(from);
            if (oldest === undefined) since.delete(from);
            else if (known?.name !== oldest) since.set(from, { name: oldest, others: 0, lines: 0 });
            else known.others += begun.length - before;
            // A round is one job of each of the other three: then it is this one's turn.
            expect(since.get(from)?.others ?? 0).toBeLessThanOrEqual(3);
          }
        }
        while ((await end()) !== undefined);
        for (const { name } of jobs) expect(answers.get(name), name).toHaveLength(1);
        expect(new Set(begun).size).toBe(begun.length);
        for (const { name } of jobs) expect(answers.get(name)).toEqual([begun.includes(name) ? "done" : "overloaded"]);
        for (const from of ["a", "b", "c", undefined]) {
          const own = jobs.filter((job) => job.from === from && begun.includes(job.name)).map(({ name }) => name);
          expect(begun.filter((name) => own.includes(name))).toEqual(own);
        }
      },
    ),
    { numRuns: runs(30, 150) },
  );
});

describe("a signal", () => {
  const cheap = createPasswordHasher({ memoryCost: 64, timeCost: 1 });
  const duck = "{ aborted: true, addEventListener() {}, removeEventListener() {} }";

  it.each<readonly [string, unknown]>([
    ["a controller", new AbortController()],
    ["text", "abort"],
    ["a flag", true],
    ["an object", {}],
    ["one that says nothing", { addEventListener() {}, removeEventListener() {} }],
    ["one that nobody can listen to", { aborted: false, removeEventListener() {} }],
    ["one that nobody can stop to listen to", { aborted: false, addEventListener() {} }],
    ["an emitter", new EventTarget()],
  ])("is not %s", async (_what, signal) => {
    const options = { signal: signal as AbortSignal };
    const message = "a password's work: signal must be an AbortSignal, such as controller.signal";
    await expect(hashPassword("x", options)).rejects.toThrow(message);
    await expect(comparePassword("x", null, options)).rejects.toThrow(message);
    await expect(cheap.hash("x", options)).rejects.toThrow(TypeError);
    await expect(cheap.compare("x", null, options)).rejects.toThrow(TypeError);
    expect(cheap.stats()).toEqual({ running: 0, waiting: 0, refused: 0 });
  });

  it("is told in our own words where it can't be read", async () => {
    const { proxy, revoke } = Proxy.revocable(new AbortController().signal, {});
    revoke();
    await expect(cheap.hash("x", { signal: proxy })).rejects.toThrow(
      "a password's work was given an object that can't be read",
    );
  });

  it("may be a promise as little", async () => {
    const answer = cheap.hash("x", { signal: Promise.reject(new Error("late")) as never });
    await expect(answer).rejects.toThrow("a password's work: signal is a promise: await it");
  });

  it.each([undefined, null, new AbortController().signal, AbortSignal.timeout(60_000)])("may be %o", async (signal) => {
    await expect(cheap.hash("x", { signal: signal as AbortSignal })).resolves.toMatch(/^\$argon2id/);
  });

  it("may be of another realm", async () => {
    const answer = cheap.hash("x", { signal: runInNewContext(`(${duck})`) as AbortSignal });
    await expect(answer).rejects.toMatchObject({ code: "overloaded" });
  });
});
