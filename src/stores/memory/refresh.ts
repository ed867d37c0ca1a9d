import type { RefreshStore, RefreshToken, Session } from "../contract.ts";
import { ExpiringMap } from "./expiring.ts";

interface Token {
  readonly userId: string;
  readonly sid: string;
  readonly expiresAt: number;
  readonly spentAt: number | null;
}

interface Lasting {
  readonly session: Session;
  readonly expiresAt: number;
}

/** A user's sessions, until the last of them ends. */
interface Owner {
  readonly sessions: Map<string, Lasting>;
  expiresAt: number;
}

/**
 * Sessions in this process's memory: for one process, and for tests. All are over when the process ends, so that a
 * service of several processes, or one that restarts, needs a shared store.
 *
 * @example
 * ```ts
 * const auth = createAuthenticator({ token: accessToken, users, refresh: { store: memoryRefreshStore() } });
 * ```
 */
export function memoryRefreshStore(): RefreshStore {
  let latest = 0; // the latest instant that a caller named: what ended before it may go
  const tokens = new ExpiringMap<Token>(
    ({ expiresAt }) => expiresAt,
    () => latest,
  );
  const owners = new ExpiringMap<Owner>(
    ({ expiresAt }) => expiresAt,
    () => latest,
  );

  const reach = (at: Date): void => {
    latest = Math.max(latest, at.getTime());
  };
  const sessionOf = ({ userId, sid }: Token): Lasting | undefined => owners.get(userId)?.sessions.get(sid);
  const add = (session: Session, { tokenHash, expiresAt }: RefreshToken): void => {
    const { userId, sid, lastUsedAt } = session;
    reach(lastUsedAt);
    const owner = owners.get(userId) ?? { sessions: new Map<string, Lasting>(), expiresAt: 0 };
    const end = Math.max(expiresAt.getTime(), owner.sessions.get(sid)?.expiresAt ?? 0);
    for (const [old, { expiresAt: ended }] of owner.sessions) if (ended <= latest) owner.sessions.delete(old);
    owner.sessions.set(sid, { session, expiresAt: end });
    owner.expiresAt = Math.max(owner.expiresAt, end);
    owners.set(userId, owner);
    tokens.set(tokenHash, { userId, sid, expiresAt: expiresAt.getTime(), spentAt: null });
  };

  return {
    async startSession(session, first) {
      add({ ...session }, first);
    },
    async findToken(tokenHash) {
      const token = tokens.get(tokenHash);
      const lasting = token && sessionOf(token);
      if (token === undefined || lasting === undefined) return null;
      const { expiresAt, spentAt } = token;
      const spent = spentAt === null ? null : new Date(spentAt);
      return { tokenHash, session: lasting.session, expiresAt: new Date(expiresAt), spentAt: spent };
    },
    async spend({ tokenHash }, successor, at, graceFrom) {
      const token = tokens.get(tokenHash);
      const lasting = token && sessionOf(token);
      if (token === undefined || lasting === undefined) return "ended";
      if (token.spentAt !== null && token.spentAt < graceFrom.getTime()) return "reused";
      if (token.spentAt === null) tokens.set(tokenHash, { ...token, spentAt: at.getTime() });
      add({ ...lasting.session, lastUsedAt: at }, successor);
      return token.spentAt === null ? "fresh" : "sibling";
    },
    async endSession(sid, userId) {
      owners.get(userId)?.sessions.delete(sid);
    },
    async endSessions(userId) {
      const owner = owners.get(userId);
      const ended = [...(owner?.sessions.keys() ?? [])];
      owner?.sessions.clear();
      return ended;
    },
    async sessions(userId, at) {
      reach(at);
      return [...(owners.get(userId)?.sessions.values() ?? [])]
        .filter(({ expiresAt }) => expiresAt > at.getTime())
        .map(({ session }) => session)
        .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
    },
  };
}
