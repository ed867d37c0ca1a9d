import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hashUuid } from "../../../src/stores/memory/packed/uuid.ts";
import { memoryBlocklist } from "../../../src/stores/memory.ts";
import { runs } from "../../support/thorough.ts";
import { timesFrom } from "../times.ts";

const START = Date.parse("2030-01-01T00:00:00Z");
const LAST_SECOND = 2 ** 32 - 1;
const MARGIN = 600;
const UUID = "0f8fad5b-d9cb-469f-a165-70867728950e";

afterEach(() => void vi.restoreAllMocks());

function blocklistAt(start = START) {
  const { now, pass, leap } = timesFrom(start);
  const blocklist = memoryBlocklist({ now });
  const asked = { sid: null, userId: "u1", issuedAt: new Date(start) };
  /** Enough uses for the clock to be read. */
  const look = (): void => {
    for (let use = 0; use < 32; use += 1) blocklist.isRevoked({ ...asked, jti: null });
  };
  return {
    blocklist,
    revoke: (jti: string, seconds: number) => blocklist.revokeToken(jti, new Date(start + seconds * 1_000)),
    isRevoked: (jti: string) => blocklist.isRevoked({ ...asked, jti }),
    look,
    /** Lets time pass in which nobody uses the blocklist. */
    passUnseen: pass,
    pass: (seconds: number) => {
      pass(seconds);
      look();
    },
    leap,
  };
}

/** A UUID of four words. */
function uuidOf(...words: readonly number[]): string {
  const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function replaced(at: number, by: string): string {
  return UUID.slice(0, at) + by + UUID.slice(at + 1);
}

/** What is not the UUID, and might be taken for it: of the same low bytes, in upper case, a little longer or shorter. */
const LIKE_THE_UUID = [
  ...[...UUID].map((character, at) => replaced(at, String.fromCharCode(0x100 + character.charCodeAt(0)))),
  ...[...UUID].map((character, at) => replaced(at, String.fromCharCode(0x80 + character.charCodeAt(0)))),
  ...[...UUID].map((character, at) => replaced(at, character === "-" ? "0" : "-")),
  ...["g", "`", "/", ":", "@", "G", " ", "\0", "\uffff"].flatMap((other) => [replaced(0, other), replaced(35, other)]),
  UUID.toUpperCase(),
  replaced(35, "E"),
  UUID.slice(1),
  `${UUID}0`,
  `${UUID} `,
  `{${UUID}}`,
  UUID.replaceAll("-", ""),
  "",
];

describe("memoryBlocklist: ids of every kind", () => {
  it("takes nothing for a UUID that is like it, and no UUID for what is like it", () => {
    const one = blocklistAt();
    one.revoke(UUID, 60);
    expect(LIKE_THE_UUID.filter(one.isRevoked)).toEqual([]);
    expect(one.isRevoked(UUID)).toBe(true);

    const others = blocklistAt();
    for (const id of LIKE_THE_UUID) others.revoke(id, 60);
    expect(others.isRevoked(UUID)).toBe(false);
    expect(LIKE_THE_UUID.filter(others.isRevoked)).toEqual(LIKE_THE_UUID);
    expect(others.blocklist.size).toBe(LIKE_THE_UUID.length);
  });

  it("tells UUIDs apart that differ in one digit", () => {
    const { revoke, isRevoked } = blocklistAt();
    revoke(UUID, 60);
    const digits = [...UUID].flatMap((character, at) => (character === "-" ? [] : [at]));
    const near = digits.flatMap((at) => [..."0123456789abcdef"].map((digit) => replaced(at, digit)));
    expect(near.filter(isRevoked)).toEqual(digits.map(() => UUID));
  });

  it.each([7, undefined, null, {}])("revokes nobody by what is no string: %s", (id) => {
    const { blocklist, revoke, isRevoked } = blocklistAt();
    expect(() => revoke(id as never, 60)).toThrow("a store was given an id that is no string");
    expect(() => blocklist.revokeUser(id as never, new Date(), new Date())).toThrow("an id that is no string");
    expect(isRevoked(id as never)).toBe(false);
  });

  it("keeps ids that count up, in whichever word", () => {
    const { blocklist, revoke, isRevoked } = blocklistAt();
    const ids = [0, 1, 2, 3].flatMap((word) =>
      Array.from({ length: 2_000 }, (_, count) => uuidOf(...[5, 6, 7, 8].with(word, 1_000 + count))),
    );
    for (const id of ids) revoke(id, 60);
    expect(blocklist.size).toBe(8_000);
    expect(ids.every(isRevoked)).toBe(true);
    expect(isRevoked(uuidOf(5, 6, 7, 999))).toBe(false);
  });

  it("keeps ids that all have one hash", () => {
    const { blocklist, revoke, isRevoked, pass } = blocklistAt();
    let first = 0;
    while ((hashUuid(Int32Array.of(first, 0, 0, 0), 0) & 0xffff) !== 0) first += 1;
    const ids: string[] = [];
    for (let tops = 0; ids.length < 6_200; tops += 1) {
      const words = Int32Array.of(first + (tops << 27), tops << 22, tops << 17, tops << 12).map((w) => w & 0xf8000000);
      words[0]! += first;
      if (hashUuid(words, 0) === hashUuid(Int32Array.of(first, 0, 0, 0), 0)) ids.push(uuidOf(...words));
    }
    for (const id of ids) revoke(id, 60);
    expect(blocklist.size).toBe(6_200);
    // Each passes thousands of others.
    expect(ids.filter((_, nth) => nth % runs(20, 1) === 0).every(isRevoked)).toBe(true);
    pass(60 + MARGIN);
    for (let use = 0; use < 25_000; use += 1) isRevoked("another");
    expect(ids.some(isRevoked)).toBe(false);
  });
});

describe("memoryBlocklist: the end of an entry", () => {
  it("is ten minutes after the whole second that follows it, also where 32 bits don't hold it", () => {
    for (const second of [-5, 0, 1, START / 1_000, LAST_SECOND, LAST_SECOND + 1, 2 ** 40]) {
      for (const id of [UUID, "no-uuid"]) {
        const { blocklist, revoke, isRevoked, pass } = blocklistAt(second * 1_000 - 2_500);
        revoke(id, 1.6);
        pass(2.4);
        pass(MARGIN);
        expect(isRevoked(id), `${second}`).toBe(true);
        pass(1);
        for (let use = 0; use < 100; use += 1) isRevoked("");
        expect(isRevoked(id), `${second}`).toBe(false);
        expect(blocklist.size, `${second}`).toBe(0);
      }
    }
  });

  it("is at least a day away where it has passed by the clock, which may be ahead", () => {
    for (const ended of [-3_600, 0]) {
      for (const id of [UUID, "no-uuid"]) {
        const { blocklist, revoke, isRevoked, look, pass, leap } = blocklistAt();
        const isCut = (): boolean =>
          blocklist.isRevoked({ jti: null, sid: null, userId: "u2", issuedAt: new Date(START) });
        revoke(id, ended);
        blocklist.revokeUser("u2", new Date(START), new Date(START + ended * 1_000), [id]);
        for (let use = 0; use < 20; use += 1) look();
        leap(-3_600);
        pass(86_399);
        for (let use = 0; use < 20; use += 1) look();
        expect([isRevoked(id), isCut(), blocklist.size], `${id} ${ended}`).toEqual([true, true, 3]);
        pass(3_601);
        for (let use = 0; use < 20; use += 1) look();
        expect([isRevoked(id), isCut(), blocklist.size], `${id} ${ended}`).toEqual([false, false, 0]);
      }
    }
  });

  it("is told by the clock as it is when a revocation is stored, also where nobody has asked for long", () => {
    const { revoke, isRevoked, passUnseen, look } = blocklistAt();
    passUnseen(7 * 86_400);
    revoke(UUID, 7 * 86_400 - 3_600);
    for (let use = 0; use < 20; use += 1) look();
    expect(isRevoked(UUID)).toBe(true);
  });

  it.each([UUID, "no-uuid"])("is never brought forward by revoking %s again", (id) => {
    const beyond = LAST_SECOND - START / 1_000 + 30;
    for (const ends of [
      [60, 10],
      [10, 60],
      [beyond, beyond - 50],
      [beyond - 50, beyond],
    ]) {
      const { revoke, isRevoked, pass } = blocklistAt(START + (Math.max(...ends) - 60) * 1_000);
      for (const end of ends) revoke(id, end - Math.max(...ends) + 60);
      pass(59 + MARGIN);
      for (let use = 0; use < 100; use += 1) isRevoked("");
      expect(isRevoked(id)).toBe(true);
      pass(2);
      for (let use = 0; use < 100; use += 1) isRevoked("");
      expect(isRevoked(id)).toBe(false);
    }
  });

  it("is never before that of a plain map", () => {
    const count = fc.integer({ min: 0, max: 40 });
    const id = fc.oneof(
      fc.constantFrom(UUID, ...LIKE_THE_UUID),
      count.map((last) => uuidOf(1, 2, 3, last)),
      count.map((first) => uuidOf(first, 2, 3, 4).toUpperCase()),
      fc.uuid(),
      fc.string(),
    );
    const step = fc.oneof(
      fc.record({ id, kind: fc.constantFrom("token", "session"), seconds: fc.integer({ min: -5, max: 90 }) }),
      fc.record({ pass: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ ahead: fc.integer({ min: 0, max: 100_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { now, pass, leap } = timesFrom(START);
        let right = START; // what the clock would say that is ahead at times
        const blocklist = memoryBlocklist({ now });
        const ends = { token: new Map<string, number>(), session: new Map<string, number>() };
        for (const step of steps) {
          if ("pass" in step) {
            pass(step.pass);
            right += step.pass * 1_000;
          } else if ("ahead" in step) leap(step.ahead - (now() - right) / 1_000);
          else {
            const known = ends[step.kind as "token"];
            const end = now() + step.seconds * 1_000;
            known.set(step.id, Math.max(known.get(step.id) ?? end, end));
            blocklist[step.kind === "token" ? "revokeToken" : "revokeSession"](step.id, new Date(end));
          }
          for (const { id } of steps.filter((other) => "id" in other).slice(0, 5)) {
            const [token, session] = [ends.token.get(id), ends.session.get(id)];
            const asked = { userId: "u1", issuedAt: new Date(START) };
            const answers = [
              blocklist.isRevoked({ ...asked, jti: id, sid: null }),
              blocklist.isRevoked({ ...asked, jti: null, sid: id }),
            ];
            for (const [nth, end] of [token, session].entries()) {
              if (end === undefined) expect(answers[nth]).toBe(false);
              else if (end > right - MARGIN * 1_000) expect(answers[nth]).toBe(true);
            }
            const either = Math.max(token ?? 0, session ?? 0);
            const both = blocklist.isRevoked({ ...asked, jti: id, sid: id });
            if (either === 0 || either > right - MARGIN * 1_000) expect(both).toBe(either > 0);
          }
        }
      }),
      { numRuns: runs(30, 100) },
    );
  });
});

describe("memoryBlocklist: many entries", () => {
  it("holds, of tens of thousands that come and go, all that a plain map does", () => {
    const { blocklist, revoke, isRevoked, pass } = blocklistAt();
    const ends = new Map<string, number>();
    const step = 100;
    let [passed, most] = [0, 0];
    for (let round = 0; round < runs(40, 60); round += 1) {
      const lifetime = round % 20 < 12 ? 40 : 3; // so that tables split and join
      for (let count = 0; count < 1_000; count += 1) {
        const id = count % 2 === 0 ? randomUUID() : uuidOf(round, 2, 3, count);
        const end = passed + (1 + (count % lifetime)) * step;
        ends.set(id, end);
        revoke(id, end);
      }
      if (round % runs(12, 4) === 0) {
        expect([...ends].filter(([id, end]) => !isRevoked(id) && end + MARGIN > passed)).toEqual([]);
        expect([...ends].filter(([id, end]) => isRevoked(id) && end + 3 * MARGIN < passed)).toEqual([]);
      }
      most = Math.max(most, blocklist.size);
      pass(step);
      passed += step;
      for (const [id, end] of ends) if (end + 5 * MARGIN < passed) ends.delete(id);
    }
    expect(blocklist.size).toBeLessThan(most);
    expect(most).toBeGreaterThan(10_000);
  });

  it("keeps what is left of some tables when others have split further", () => {
    const { blocklist, revoke, isRevoked, pass } = blocklistAt();
    const long: string[] = [];
    for (let count = 0; count < 30_000; count += 1) {
      const ending = hashUuid(Int32Array.of(1, 2, 3, count), 0) & 3;
      const lasts = ending === 3 && count % 5 === 0;
      if (ending % 2 === 0 && count % 30 !== 0) continue;
      if (lasts) long.push(uuidOf(1, 2, 3, count));
      revoke(uuidOf(1, 2, 3, count), lasts ? 120 : 60);
    }
    expect(blocklist.size).toBeGreaterThan(2 * 6_144);
    pass(60 + MARGIN);
    for (let use = 0; use < 50_000; use += 1) isRevoked("another");
    expect(blocklist.size).toBe(long.length);
    expect(long.filter(isRevoked)).toEqual(long);
  });

  it("takes 27 to 54 bytes for each, and gives all back when they have expired and others are asked for", () => {
    const COUNT = runs(20_000, 200_000);
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const held = (): number => {
      for (let times = 0; times < 3; times += 1) collect();
      return process.memoryUsage().arrayBuffers;
    };
    const { blocklist, revoke, isRevoked, pass } = blocklistAt();
    const before = held();
    const ids = Array.from({ length: COUNT }, (_, count) => {
      const id = randomUUID();
      revoke(id, count % 2 === 0 ? 60 : 120);
      return id;
    });
    expect(blocklist.size).toBe(COUNT);
    const each = (held() - before) / COUNT;
    expect(each).toBeGreaterThan(26);
    expect(each).toBeLessThan(55);
    pass(60 + MARGIN);
    for (let use = 0; use < COUNT; use += 1) isRevoked("another");
    expect(ids.filter(isRevoked).length).toBe(COUNT / 2);
    pass(60);
    for (let use = 0; use < COUNT; use += 1) isRevoked("another");
    expect(blocklist.size).toBe(0);
    expect(held() - before).toBeLessThan(10_000);
    expect(ids.some(isRevoked)).toBe(false);
  });

  it("lets expired ones of every kind go, whichever kind it is used for", () => {
    const at = (seconds: number): Date => new Date(START + seconds * 1_000);
    const asked = { jti: null, sid: null, userId: "u", issuedAt: at(0) };
    const uses: ((list: ReturnType<typeof memoryBlocklist>) => void)[] = [
      (list) => list.isRevoked(asked),
      (list) => list.isRevoked({ ...asked, jti: UUID }),
      (list) => list.isRevoked({ ...asked, sid: "no-uuid" }),
      (list) => list.revokeToken("t", at(0)),
      (list) => list.revokeSession(UUID, at(0)),
      (list) => list.revokeUser("u", at(0), at(0)),
      (list) => list.revokedUpTo("u"),
    ];
    for (const use of uses) {
      const { now, pass } = timesFrom(START);
      const list = memoryBlocklist({ now });
      for (let count = 0; count < 500; count += 1) {
        for (const id of [uuidOf(1, 2, 3, count), `t${count}`]) {
          list.revokeToken(id, at(60));
          list.revokeSession(id, at(60));
        }
        list.revokeUser(`u${count}`, at(0), at(60));
      }
      expect(list.size).toBe(2_500);
      const idle = list.size + 1; // of which the one that an unforgotten use itself revokes
      for (const step of [60, MARGIN]) {
        pass(step);
        for (let count = 0; count < 1_000; count += 1) use(list);
        if (step === 60) expect(list.size).toBeLessThanOrEqual(idle);
      }
      pass(1);
      for (let count = 0; count < 100; count += 1) use(list);
      expect(list.size).toBeLessThanOrEqual(1);
    }
  });
});

describe("memoryBlocklist: a clock that is ahead", () => {
  const DAY = 86_400;

  /** Enough uses for the clock to be read and all that has ended to leave. */
  function use({ isRevoked }: ReturnType<typeof blocklistAt>): void {
    for (let count = 0; count < 200; count += 1) isRevoked("another");
  }

  const EVERY = [UUID, "no-uuid"] as const;

  it("forgets nothing while it is ahead for a minute or for most of a day, and nothing once it is right again", () => {
    const list = blocklistAt();
    for (const id of EVERY) list.revoke(id, 2 * DAY);
    list.blocklist.revokeUser("u1", new Date(START), new Date(START + 2 * DAY * 1_000));
    for (const [ahead, seconds] of [
      [3 * DAY, 60],
      [3_600, 61],
      [DAY * 365, 3_600],
      [1e9, 0.9 * DAY],
    ] as const) {
      list.leap(ahead);
      use(list);
      list.pass(seconds);
      use(list);
      list.leap(-ahead);
      use(list);
      list.pass(60);
      use(list);
    }
    expect(EVERY.filter(list.isRevoked)).toEqual(EVERY);
    expect(list.blocklist.size).toBe(3);
    expect(list.blocklist.revokedUpTo("u1")).toEqual(new Date(START));
  });

  it("forgets nothing where it goes ahead in steps, each of which is small", () => {
    const list = blocklistAt();
    for (const id of EVERY) list.revoke(id, 7_200);
    for (let step = 0; step < 30; step += 1) {
      list.leap(590);
      list.pass(60);
      use(list);
    }
    list.leap(-30 * 590);
    use(list);
    expect(EVERY.filter(list.isRevoked)).toEqual(EVERY);
  });

  it("takes what it is told meanwhile, also what has ended for it", () => {
    const list = blocklistAt();
    list.leap(3_600);
    use(list);
    for (const id of EVERY) list.revoke(id, 900);
    use(list);
    expect(EVERY.filter(list.isRevoked)).toEqual(EVERY);
  });

  it("is believed after two days", () => {
    const list = blocklistAt();
    list.leap(365 * DAY);
    for (const id of EVERY) list.revoke(id, 30 * DAY);
    for (let hour = 0; hour < 49; hour += 1) {
      expect(list.blocklist.size).toBe(hour === 0 ? 2 : list.blocklist.size);
      list.pass(3_600);
      use(list);
    }
    expect(list.blocklist.size).toBe(0);
  });

  it("and goes back is believed at once", () => {
    const list = blocklistAt(START + 365 * DAY * 1_000);
    list.leap(-365 * DAY);
    use(list);
    list.blocklist.revokeToken(UUID, new Date(START + 60_000));
    list.pass(60 + MARGIN - 1);
    use(list);
    expect(list.isRevoked(UUID)).toBe(true);
  });
});
