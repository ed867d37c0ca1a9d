import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { defineToken, secretKey } from "../../src/index.ts";
import { type Rotation, readRotation, rotate, startRotation, writeRotation } from "../../src/sessions/rotation.ts";
import { MAX_SUCCESSORS } from "../../src/shared/limits.ts";
import { memoryBlocklist, memoryRefreshStore } from "../../src/stores/memory.ts";
import { codeOf } from "../support/flow.ts";
import { runs } from "../support/thorough.ts";

const GRACE = 10_000;

/** A use that must come to a rotation. */
function use(rotation: Rotation, token: string, successor: string, now: number): Rotation {
  const outcome = rotate(rotation, token, successor, now, GRACE);
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome;
}

describe("the rule of rotation", () => {
  const used = use(startRotation("a"), "a", "b", 1_000);

  it("keeps few successors: within the grace there is no other, and after it the oldest goes", () => {
    let rotation = used;
    for (let at = 1; at < MAX_SUCCESSORS; at += 1) rotation = use(rotation, "a", `c${at}`, 2_000);
    expect(rotation.successors.length).toBe(MAX_SUCCESSORS);
    expect(rotate(rotation, "a", "d", 10_999, GRACE)).toBe("crowded");
    const later = use(rotation, "a", "d", 11_000);
    expect([later.successors.length, later.successors.at(-1)]).toEqual([MAX_SUCCESSORS, "d"]);
    expect(rotate(later, "b", "e", 11_000, GRACE)).toBe("theft");
  });

  it("counts the grace from the first use of a generation, up to its last millisecond", () => {
    const next = use(use(used, "a", "b2", 50_000), "b", "c", 60_000);
    for (const crossing of ["a", "b2"]) {
      expect(use(next, crossing, "d", 69_999)).toMatchObject({ crossedAt: 69_999, isCrossed: true });
      expect(rotate(next, crossing, "d", 70_000, GRACE)).toBe("theft");
      // By a clock that was set back: nobody knows how long ago that use was, beyond the grace.
      expect(use(next, crossing, "d", 50_001)).toMatchObject({ isCrossed: true });
      expect(rotate(next, crossing, "d", 50_000, GRACE)).toBe("theft");
    }
  });

  it("renews no grace in the next generation, and gives another one after it", () => {
    const crossed = use(use(use(used, "a", "b2", 50_000), "b", "c", 60_000), "b2", "c2", 65_000);
    const burst = use(crossed, "c", "d", 66_000);
    expect(use(burst, "c2", "d2", 74_999)).toMatchObject({ crossedAt: 65_000, isCrossed: true });
    const later = use(crossed, "c", "d", 100_000);
    expect(rotate(later, "c2", "d2", 100_001, GRACE)).toBe("theft");
    expect(rotate(burst, "c2", "d2", 56_001, GRACE), "since the use").not.toBe("theft");
    expect(rotate({ ...burst, crossedAt: 70_000 }, "c2", "d2", 60_000, GRACE), "since the crossing").toBe("theft");
    const calm = use(use(later, "c", "d2", 100_002), "d", "e", 200_000);
    expect(use(calm, "d2", "e2", 200_001)).toMatchObject({ crossedAt: 200_001 });
  });

  it("is read back as it was written", () => {
    const crossed = use(use(use(used, "a", "b2", 3_000), "b", "c", 4_000), "b2", "d", 5_000);
    for (const rotation of [startRotation("a"), used, crossed]) {
      expect(readRotation(writeRotation(rotation))).toEqual(rotation);
    }
  });
});

/** A request of another tab that was under way all the time: it shows the token that was sent before the last one. */
const TAB = "owner's other tab is late";

/** What a client of the model may do next. */
const ACTIONS = [
  "owner refreshes",
  "owner refreshes, and the answer is lost",
  "thief refreshes",
  "time passes",
  TAB,
  "the store fails after it wrote",
  "thief refreshes, and the answer is lost",
  "the store fails before it wrote",
] as const;
type Action = (typeof ACTIONS)[number];

/** So many steps of so many of the actions: all of them in short walks, and those that change most in long ones. */
const WALKS = [
  { steps: 4, actions: ACTIONS },
  { steps: 5, actions: ACTIONS.slice(0, 5) },
  { steps: 6, actions: ACTIONS.slice(0, 4) },
] as const;

interface Client {
  token: string;
  /** The tokens that it sent: the last one, and the one before. */
  sent: readonly string[];
  lives: boolean;
}

const clock = { now: Date.UTC(2030, 0, 1) };
const inner = memoryRefreshStore();
let failure: "before" | "after" | null = null;
let stolen: unknown[] = [];
let walks = 0;

/** Everybody is somebody of their own: nothing here is about users and passwords. */
const userOf = (id: string) => ({ user: { id }, passwordHash: "pw" });
const auth = createAuthenticator({
  token: defineToken({
    keys: secretKey("x".repeat(40)),
    issuer: null,
    audience: null,
    cacheSize: 0,
    now: () => clock.now,
  }),
  users: { findById: async (id) => userOf(id).user, findCredentials: async (login) => userOf(login) },
  passwords: {
    hash: async (password) => password,
    compare: async (password, hash) => password === hash,
    needsRehash: () => false,
    canRead: () => true,
  },
  blocklist: memoryBlocklist({ now: () => clock.now }),
  refresh: {
    onReuse: (session) => stolen.push(session),
    store: {
      ...inner,
      replaceSession: async (...args) => {
        const fails = failure;
        failure = null;
        if (fails === "before") throw new Error("down");
        const isDone = await inner.replaceSession(...args);
        if (fails === "after") throw new Error("down");
        return isDone;
      },
    },
  },
});

/**
 * Plays one interleaving against the real `refresh` over the store in memory: an owner, and a thief who copies the owner's
 * token at some step.
 */
async function play(actions: readonly Action[], theftAt: number | null, pastGrace: boolean): Promise<void> {
  walks += 1;
  failure = null;
  stolen = [];
  const login = `user-${walks}`;
  const first = await auth.login({ login, password: "pw" });
  const owner: Client = { token: first.refreshToken, sent: [first.refreshToken], lives: true };
  let thief: Client | null = null;
  const send = async (client: Client, token: string, isLost: boolean): Promise<void> => {
    if (!client.sent.includes(token)) client.sent = [token, ...client.sent].slice(0, 2);
    const answer = await auth.refresh(token).catch((error: { code: string }) => error.code);
    if (answer === "unavailable") return; // 503: whoever is told so keeps the token, and sends it again
    if (typeof answer === "string") client.lives = false;
    else if (!isLost) client.token = answer.refreshToken;
  };

  for (const [step, action] of actions.entries()) {
    if (step === theftAt) thief = { ...owner };
    const who = action.startsWith("thief") ? thief : owner;
    if (action === "time passes") clock.now += pastGrace ? 60_000 : 1_000;
    else if (action.startsWith("the store")) failure = action.includes("before") ? "before" : "after";
    else if (who?.lives)
      await send(who, action === TAB ? (who.sent.at(-1) as string) : who.token, action.includes("lost"));
  }

  const told = stolen.length;
  if (thief === null) {
    // A request that is late by more than the grace is what theft looks like.
    if (!(pastGrace && actions.includes(TAB))) {
      expect([owner.lives, told], "an honest client alone sees theft").toEqual([true, 0]);
    }
  }
  if (told > 0) {
    for (const client of [owner, thief]) {
      if (client !== null) expect(await codeOf(auth.refresh(client.token)), "theft ends all").not.toBe("ok");
    }
    expect(await auth.sessions(login)).toEqual([]);
    return;
  }
  if (thief === null) return;
  // Past the grace, whoever refreshes first leaves the other nothing: after each has tried, at most one lives.
  failure = null;
  for (const client of [owner, thief, owner, thief]) {
    clock.now += 60_000;
    if (client.lives) await send(client, client.token, false);
  }
  expect(Number(owner.lives) + Number(thief.lives), "two lineages live on").toBeLessThanOrEqual(1);
}

/** Every sequence of so many actions, less those that differ in nothing from another. */
function* sequences(length: number, actions: readonly Action[], next?: Action): Generator<Action[]> {
  if (length === 0) return yield [];
  for (const action of actions) {
    // An end that nobody sees, and the same wait or failure twice.
    if (isSilent(action) && (next === undefined || action === next)) continue;
    for (const rest of sequences(length - 1, actions, action)) yield [...rest, action];
  }
}

function isSilent(action: Action | undefined): boolean {
  return action === "time passes" || action?.startsWith("the store") === true;
}

/** Before which steps the thief may copy the owner's token: it has changed since, and the thief has not moved yet. */
function thefts(actions: readonly Action[]): readonly (number | null)[] {
  const first = actions.findIndex((action) => action.startsWith("thief"));
  if (first === -1) return [null];
  return actions.slice(0, first + 1).flatMap((_, at) => (at === 0 || !isSilent(actions[at - 1]) ? [at] : []));
}

describe("every interleaving of an owner and a thief", () => {
  it.each(WALKS)(
    "of $steps steps leaves one lineage, never accuses the owner alone, and ends all once theft is seen",
    {
      timeout: 120_000,
    },
    async ({ steps, actions: some }) => {
      let [met, played] = [0, 0];
      const step = runs(steps === 4 ? 17 : 43, 1); // numbers that divide none of the loops' lengths
      for (const actions of sequences(steps, some)) {
        for (const theftAt of thefts(actions)) {
          for (const pastGrace of actions.includes("time passes") ? [false, true] : [false]) {
            met += 1;
            if (met % step !== 0) continue;
            await play(actions, theftAt, pastGrace).catch((cause: unknown) => {
              throw new Error(JSON.stringify({ actions, theftAt, pastGrace }), { cause });
            });
            played += 1;
          }
        }
      }
      expect(met).toBeGreaterThan(3_000);
      expect(played).toBe(Math.floor(met / step));
    },
  );
});
