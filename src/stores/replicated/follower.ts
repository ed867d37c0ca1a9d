import { stopwatch } from "../../shared/clock.ts";
import { ignore, tell } from "../../shared/listener.ts";
import { sleep, withTimeout } from "../../shared/promise.ts";
import type { Revocation, RevocationFeed } from "../contract.ts";
import type { MemoryBlocklist } from "../memory/blocklist.ts";

const PAUSES = { first: 50, last: 1_000 } as const;

/** After so long a read is given up for lost, with its connection: sooner, and reads would pile up on a slow server. */
const LOST_MS = 60_000;

/** For so long loading may come no further before whoever started it is told. */
const STUCK_MS = 5_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** Keeps a copy of what a feed says. */
export interface Follower {
  /** The copy is complete up to this time of the stopwatch. */
  freshAsOf(): number;
  /** Resolves once everything is loaded. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Follows a feed, a page at a time: each is applied as it comes, requests have their turn between two of them, and there is
 * never more than one read under way.
 *
 * @param waitMs - for how long a read may wait for something new
 */
export function followerOf(
  feed: RevocationFeed,
  copy: MemoryBlocklist,
  waitMs: number,
  onFeedError: (error: unknown) => unknown,
): Follower {
  let cursor: string | null = null;
  let fresh = NEVER;
  let following: Load | null = null;
  let reading: Promise<unknown> = Promise.resolve();

  /** Takes one page, unless it came for somebody who had stopped by then, and says whether there is more. */
  const pull = async (self: Load, wait: number): Promise<boolean> => {
    await reading; // one of before a stop may be under way
    if (following !== self) return false;
    const page = withTimeout("the feed", wait + LOST_MS, feed.read(cursor, wait), { unref: true });
    reading = page.catch(ignore);
    const { revocations, cursor: next, more = false } = await page;
    if (following !== self) return false;
    for (const revocation of revocations) apply(copy, revocation);
    cursor = next;
    self.progress();
    return more;
  };

  /** The copy is fresh as of the time before the first read: an answer says nothing of what came after it was sent. */
  const catchUp = async (self: Load): Promise<void> => {
    const asked = stopwatch();
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
      try {
        await catchUp(self);
        pause = PAUSES.first;
        await sleep(1, { unref: true }); // lets requests have their turn, and what comes at once be read at once
      } catch (error) {
        if (following !== self) return; // whoever stops may close the connection that is being read from
        self.failed(error);
        tell(onFeedError, error);
        await sleep(pause, { unref: true });
        pause = Math.min(pause * 2, PAUSES.last);
      }
    }
  };

  return {
    freshAsOf: () => fresh,
    start() {
      if (following !== null) return Promise.reject(new Error("replicatedBlocklist: it follows its feed already"));
      following = loading();
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

/** One time of following, until all is loaded or loading is stuck. */
interface Load {
  readonly loaded: Promise<void>;
  progress(): void;
  failed(error: unknown): void;
  finish(): void;
  stop(): void;
}

function loading(): Load {
  let settle!: { resolve: () => void; reject: (error: Error) => void };
  const loaded = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  loaded.catch(ignore); // whoever doesn't wait for it is told by onFeedError
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
    failed: (error) => {
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
