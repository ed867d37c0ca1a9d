import { MAX_REFUSAL_MS, MAX_REMEMBERED_ANSWER_LENGTH, MAX_REMEMBERED_ANSWERS } from "../shared/limits.ts";
import type { Answer } from "./answer.ts";

/** An answer, and the instant before it was asked for. */
interface AsOf {
  readonly answer: Answer;
  readonly askedAt: number;
}

/** Answers of one kind, in an LRU cache whose number and whose length in all are bounded. */
class Answers {
  /** The least recently used first. */
  readonly #answers = new Map<string, AsOf>();
  #size = 0;

  take(digest: string): AsOf | undefined {
    const found = this.#answers.get(digest);
    if (found === undefined) return undefined;
    this.#answers.delete(digest);
    this.#size -= found.answer.size;
    return found;
  }

  put(digest: string, found: AsOf): void {
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
 * Remembers what an endpoint said of tokens, by their digests, for the stated time. Refusals are kept apart and
 * briefly, so that random tokens drive no good one out.
 */
export class RememberedAnswers {
  readonly #good = new Answers();
  readonly #refused = new Answers();
  readonly #cacheFor: number;
  /** How long a refusal is remembered, in milliseconds. */
  readonly refusalMs: number;

  /** @param cacheFor - in milliseconds; with 0 nothing is remembered */
  constructor(cacheFor: number) {
    this.#cacheFor = cacheFor;
    this.refusalMs = Math.min(cacheFor, MAX_REFUSAL_MS);
  }

  /** Gives an answer that is as fresh as was stated. One whose token has expired since is asked for again. */
  recall(digest: string, now: number): Answer | undefined {
    const good = this.#good.take(digest);
    if (good !== undefined && isFresh(good, this.#cacheFor, now) && !hasExpired(good.answer, now)) {
      this.#good.put(digest, good);
      return good.answer;
    }
    const refused = this.#refused.take(digest);
    if (refused === undefined || !isFresh(refused, this.refusalMs, now)) return undefined;
    this.#refused.put(digest, refused);
    return refused.answer;
  }

  /** Remembers an answer in the place of any other of this token. */
  remember(digest: string, answer: Answer, askedAt: number): void {
    this.#good.take(digest);
    this.#refused.take(digest);
    if (this.#cacheFor === 0) return;
    (answer.claims === null ? this.#refused : this.#good).put(digest, { answer, askedAt });
  }
}

/** What was asked for in the future, by a clock that was set back since, is not fresh either. */
function isFresh({ askedAt }: AsOf, forMs: number, now: number): boolean {
  return askedAt <= now && now - askedAt < forMs;
}

function hasExpired({ claims }: Answer, now: number): boolean {
  return claims?.exp !== undefined && now >= claims.exp * 1_000;
}
