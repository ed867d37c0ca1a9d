import { MAX_REFUSAL_MS, MAX_REMEMBERED_ANSWER_LENGTH, MAX_REMEMBERED_ANSWERS } from "../shared/limits.ts";
import type { Answer } from "./answer.ts";

/** An answer, and the instant before it was asked for. */
interface DatedAnswer {
  readonly answer: Answer;
  readonly askedAt: number;
}

/** Answers of one kind, in an LRU cache with limits on their number and on their total length. */
class AnswerCache {
  /** The least recently used first. */
  readonly #answers = new Map<string, DatedAnswer>();
  #size = 0;

  take(digest: string): DatedAnswer | undefined {
    const found = this.#answers.get(digest);
    if (found === undefined) return undefined;
    this.#answers.delete(digest);
    this.#size -= found.answer.size;
    return found;
  }

  put(digest: string, found: DatedAnswer): void {
    this.take(digest);
    this.#answers.set(digest, found);
    this.#size += found.answer.size;
    for (const [oldest] of this.#answers) {
      if (this.#answers.size <= MAX_REMEMBERED_ANSWERS && this.#size <= MAX_REMEMBERED_ANSWER_LENGTH) return;
      this.take(oldest);
    }
  }
}

/**
 * Caches what an endpoint said about tokens, by their digests, for the given time. Refusals have a cache of their own,
 * and are kept briefly, so that random tokens can't evict valid ones.
 */
export class RememberedAnswers {
  readonly #good = new AnswerCache();
  readonly #refused = new AnswerCache();
  readonly #cacheFor: number;
  /** How long a refusal is cached, in milliseconds. */
  readonly refusalMs: number;

  /** @param cacheFor - in milliseconds; with 0 nothing is cached */
  constructor(cacheFor: number) {
    this.#cacheFor = cacheFor;
    this.refusalMs = Math.min(cacheFor, MAX_REFUSAL_MS);
  }

  /** Finds a cached answer that is fresh enough, and whose token has not expired since. */
  recall(digest: string, now: number): Answer | undefined {
    const good = this.#good.take(digest);
    if (good !== undefined && isFresh(good, this.#cacheFor, now) && !isOverdue(good.answer, now)) {
      this.#good.put(digest, good);
      return good.answer;
    }
    const refused = this.#refused.take(digest);
    if (refused === undefined || !isFresh(refused, this.refusalMs, now)) return undefined;
    this.#refused.put(digest, refused);
    return refused.answer;
  }

  /** Caches an answer, and drops any earlier one about this token. */
  remember(digest: string, answer: Answer, askedAt: number): void {
    this.#good.take(digest);
    this.#refused.take(digest);
    if (this.#cacheFor === 0) return;
    (answer.claims === null ? this.#refused : this.#good).put(digest, { answer, askedAt });
  }
}

/**
 * Tells whether an answer is fresh. If the clock was set back since, it was asked for in the future, and is not fresh.
 */
function isFresh({ askedAt }: DatedAnswer, forMs: number, now: number): boolean {
  return askedAt <= now && now - askedAt < forMs;
}

function isOverdue({ claims }: Answer, now: number): boolean {
  return claims?.exp !== undefined && now >= claims.exp * 1_000;
}
