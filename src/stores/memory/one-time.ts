import type { OneTimeStore, StoredOneTimeToken } from "../contract.ts";
import { createHorizon } from "../shared/horizon.ts";

/** Each `put` checks two stored tokens, so that expired tokens are removed faster than tokens are added. */
const RECORDS_PER_PUT = 2;

/** The token or code of a purpose and user, and how often it was tried. */
interface TriedToken {
  readonly token: StoredOneTimeToken;
  readonly tries: number;
  /** When the count of tries ends, in milliseconds since 1970. */
  readonly triesUntil: number;
}

/**
 * Tokens and codes for one use in this process's memory, for a single process and for tests. All are lost when the
 * process ends, and no other process sees them: several processes need a shared store.
 *
 * @example
 * ```ts
 * const store = memoryOneTimeStore();
 * const resets = createOneTimeTokens({ store, purpose: "password-reset", lifetime: "1h" });
 * ```
 */
export function memoryOneTimeStore(): OneTimeStore {
  const entries = new Map<string, TriedToken>();
  /** The keys of the entries, by the digests of their tokens. */
  const keys = new Map<string, string>();
  const computeHorizon = createHorizon();
  let hand: Iterator<[string, TriedToken]> = entries.entries();

  const getKey = (purpose: string, userId: string): string => JSON.stringify([purpose, userId]);
  const remove = (key: string, { token }: TriedToken): void => {
    entries.delete(key);
    keys.delete(token.digest);
  };
  /** Removes a few tokens that expired long ago. There is no timer, and no scan of all tokens. */
  const sweep = (horizon: number): void => {
    for (let looked = 0; looked < RECORDS_PER_PUT; looked += 1) {
      const { done, value } = hand.next();
      if (done === true) {
        hand = entries.entries();
        return;
      }
      const [key, entry] = value;
      if (Math.max(entry.token.expiresAt.getTime(), entry.triesUntil) <= horizon) remove(key, entry);
    }
  };

  return {
    async put(token, at) {
      sweep(computeHorizon(at.getTime()));
      const key = getKey(token.purpose, token.userId);
      const before = entries.get(key);
      if (before !== undefined) keys.delete(before.token.digest);
      const { tries, triesUntil } = before ?? { tries: 0, triesUntil: Number.NEGATIVE_INFINITY };
      entries.set(key, { token: { ...token }, tries, triesUntil });
      keys.set(token.digest, key);
    },
    async find(digest) {
      return entries.get(keys.get(digest) ?? "")?.token ?? null;
    },
    async take(digest) {
      const key = keys.get(digest);
      const entry = key === undefined ? undefined : entries.get(key);
      if (key === undefined || entry === undefined) return null;
      remove(key, entry);
      return entry.token;
    },
    async countTry(purpose, userId, at, until) {
      const key = getKey(purpose, userId);
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const isOpen = entry.triesUntil > at.getTime();
      const tries = isOpen ? entry.tries + 1 : 1;
      entries.set(key, { ...entry, tries, triesUntil: isOpen ? entry.triesUntil : until.getTime() });
      return { digest: entry.token.digest, tries };
    },
  };
}
