import type { AuthError } from "../core/errors.ts";
import { MINUTE_MS } from "../shared/clock.ts";
import { readTime } from "../shared/date.ts";
import { MAX_REMEMBERED_KEYS } from "../shared/limits.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import { callStore } from "../store-calls/call.ts";
import { type OutageListener, tellOutage } from "../store-calls/outage.ts";
import type { ApiKeyStore, StoredApiKey } from "../stores/contract.ts";

/** The settings for writing uses. */
interface UseSettings {
  readonly store: ApiKeyStore;
  readonly storeTimeoutMs: number;
  readonly onOutage: OutageListener;
}

/** Writes the time at which a key was used. */
export type UseRecorder = (record: StoredApiKey, now: number) => void;

/**
 * Creates the recorder of uses. It writes at most once a minute for a key, and no request waits for it. A write that
 * fails is reported to the listener, and the use of the next minute is written instead.
 */
export function createUseRecorder({ store, storeTimeoutMs, onOutage }: UseSettings): UseRecorder {
  /** When this process last wrote, by the ids of keys, the oldest first. */
  const written = new Map<string, number>();
  return ({ id, userId, lastUsedAt }, now) => {
    const last = Math.max(written.get(id) ?? 0, lastUsedAt === null ? 0 : readTime(lastUsedAt));
    if (now - last < MINUTE_MS) return;
    written.delete(id);
    written.set(id, now);
    const [oldest] = written.keys();
    if (written.size > MAX_REMEMBERED_KEYS) written.delete(oldest as string);
    const touch = async () => store.touch(userId, id, new Date(now));
    callStore("apiKeys.touch", storeTimeoutMs, touch, acceptAnything).catch((outage: AuthError) =>
      tellOutage(onOutage, outage, "touchKey", false),
    );
  };
}
