import { randomUUID } from "node:crypto";
import type { RefreshStore, StoredSession } from "../../src/stores/contract.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY = 86_400_000;

/** A session as it is to be stored, with ids of its own. */
export function newSession(change: Partial<StoredSession> = {}): StoredSession {
  const createdAt = change.createdAt ?? new Date(NOW);
  return {
    sid: randomUUID(),
    userId: randomUUID(),
    createdAt,
    lastUsedAt: createdAt,
    family: randomUUID(),
    expiresAt: new Date(createdAt.getTime() + DAY),
    passwordChangedAt: null,
    rotation: "0;;;;;;",
    details: "{}",
    revision: 0,
    ended: null,
    ...change,
  };
}

/** What a session becomes when it is refreshed. */
export function nextOf(session: StoredSession, change: Partial<StoredSession> = {}): StoredSession {
  return { ...session, revision: session.revision + 1, rotation: `"${randomUUID()}"`, ...change };
}

/** Begins a session of a user whose sessions were never ended. */
export async function begun(store: RefreshStore, change: Partial<StoredSession> = {}): Promise<StoredSession> {
  const session = newSession(change);
  await store.startSession(session, 0, 100);
  return session;
}
