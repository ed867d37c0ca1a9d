import { MINUTE_MS, readStopwatch } from "../../shared/clock.ts";
import { ignore, tell } from "../../shared/listener.ts";
import { sleep, withTimeout } from "../../shared/promise.ts";
import type { Revocation, RevocationFeed } from "../contract.ts";
import type { MemoryBlocklist, Revocations } from "../memory/revocations.ts";

/** The pause after a failure doubles from the first to the last of these, in milliseconds. */
const PAUSES = { first: 50, last: 1_000 } as const;

/**
 * A read that takes a minute longer than it may wait has lost its connection. A shorter limit would pile up reads on a
 * slow server.
 */
const TIMEOUT_MS = MINUTE_MS;

/** `start` rejects when nothing was loaded for this long. */
const STUCK_MS = 5_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** Follows a feed, and copies it. */
export interface Follower {
  /** Returns the time of the stopwatch up to which the copy is complete. */
  getFreshTime(): number;
  /** Starts to follow. Resolves once everything is loaded. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Creates a follower. It reads and applies a page at a time, never runs two reads at once, and lets requests run
 * between pages. It reads everything again when the copy has lost something.
 *
 * @param waitMs - the milliseconds for which a read may wait for something new
 */
export function createFollower(
  feed: RevocationFeed,
  copy: Revocations,
  waitMs: number,
  onFeedError: (error: unknown) => unknown,
): Follower {
  let cursor: string | null = null;
  let fresh = NEVER;
  let following: Load | null = null;
  let reading: Promise<unknown> = Promise.resolve();

  /** Reads a page and applies it, unless following has stopped meanwhile. Returns whether there is more. */
  const pull = async (self: Load, wait: number): Promise<boolean> => {
    await reading; // a read from before a stop may still be running
    if (following !== self) return false;
    const page = withTimeout("the feed", wait + TIMEOUT_MS, feed.read(cursor, wait), { unref: true });
    reading = page.catch(ignore);
    const { revocations, cursor: next, more = false } = await page;
    if (following !== self) return false;
    for (const revocation of revocations) apply(copy.blocklist, revocation);
    cursor = next;
    self.progress();
    return more;
  };

  /** Lets the next read begin at the beginning if the copy has lost something. */
  const recover = (): void => {
    if (!copy.hasLost()) return;
    copy.beginAgain();
    cursor = null;
    fresh = NEVER;
  };

  /** Reads until there is no more. Then the copy is complete up to the time at which the first read began. */
  const catchUp = async (self: Load): Promise<void> => {
    const asked = readStopwatch();
    let more = await pull(self, fresh === NEVER ? 0 : waitMs);
    while (more) {
      await sleep(1, { unref: true });
      more = await pull(self, 0);
    }
    if (following !== self) return;
    fresh = asked;
    self.finish();
  };

  const follow = async (self: Load): Promise<void> => {
    let pause: number = PAUSES.first;
    while (following === self) {
      recover();
      try {
        await catchUp(self);
        pause = PAUSES.first;
        await sleep(1, { unref: true }); // lets requests run, and gathers what comes at the same time
      } catch (error) {
        if (following !== self) return; // after a stop the application may close the connection, and the read fails
        self.fail(error);
        tell(onFeedError, error);
        await sleep(pause, { unref: true });
        pause = Math.min(pause * 2, PAUSES.last);
      }
    }
  };

  return {
    getFreshTime: () => fresh,
    start() {
      if (following !== null) return Promise.reject(new Error("replicatedBlocklist: it follows its feed already"));
      following = createLoad();
      void follow(following);
      return following.loaded;
    },
    stop() {
      following?.stop();
      following = null;
      fresh = NEVER;
    },
  };
}

/** One run of following: its first load, which resolves or rejects `loaded`. */
interface Load {
  readonly loaded: Promise<void>;
  progress(): void;
  fail(error: unknown): void;
  finish(): void;
  stop(): void;
}

function createLoad(): Load {
  let settle!: { resolve: () => void; reject: (error: Error) => void };
  const loaded = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  loaded.catch(ignore); // nobody has to wait for it, since onFeedError is called too
  let cause: unknown;
  const giveUp = (): void => {
    const what = `nothing came from the feed for ${STUCK_MS} ms; it goes on trying, and the store is asked meanwhile`;
    end();
    settle.reject(new Error(`replicatedBlocklist: ${what}`, { cause }));
  };
  let timer: NodeJS.Timeout | undefined = setTimeout(giveUp, STUCK_MS);
  const end = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    loaded,
    progress: () => void timer?.refresh(),
    fail: (error) => {
      cause = error;
    },
    finish() {
      end();
      settle.resolve();
    },
    stop() {
      end();
      settle.reject(new Error("replicatedBlocklist: it was stopped before it had loaded"));
    },
  };
}

function apply(copy: MemoryBlocklist, revocation: Revocation): void {
  const { id, expiresAt } = revocation;
  if (revocation.kind === "user") copy.revokeUser(id, revocation.issuedUpTo, expiresAt);
  else if (revocation.kind === "session") copy.revokeSession(id, expiresAt);
  else copy.revokeToken(id, expiresAt);
}
