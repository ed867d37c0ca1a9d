import { readClock } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import type { RememberedAnswers } from "./remembered.ts";

/** A call that is under way. */
interface Flight {
  readonly answer: Promise<Answer>;
  /** The instant before it began. */
  readonly askedAt: number;
  /** The call after it, for requests that came too late for this one. */
  next: Promise<Answer> | null;
}

/** Looks up tokens that are not cached. There is one call for a token at a time (single flight). */
export class Lookups {
  readonly #flights = new Map<string, Flight>();
  readonly #remembered: RememberedAnswers;
  readonly #ask: (token: string) => Promise<Answer>;
  readonly #now: () => number;

  constructor(remembered: RememberedAnswers, ask: (token: string) => Promise<Answer>, now: () => number) {
    this.#remembered = remembered;
    this.#ask = ask;
    this.#now = now;
  }

  /**
   * Looks a token up, or joins a call under way that is younger than the time for which refusals are cached. An older
   * call can't know what happened since, so this waits for the call after that one.
   */
  lookUp(digest: string, token: string): Promise<Answer> {
    const now = readClock(this.#now);
    const flight = this.#flights.get(digest);
    if (flight === undefined) return this.#start(digest, token, now);
    const isYoung = flight.askedAt <= now && now - flight.askedAt < this.#remembered.refusalMs;
    if (isYoung) return flight.answer;
    const startNext = (): Promise<Answer> =>
      this.#flights.get(digest)?.answer ?? this.#start(digest, token, readClock(this.#now));
    flight.next ??= flight.answer.then(startNext, startNext);
    return flight.next;
  }

  #start(digest: string, token: string, askedAt: number): Promise<Answer> {
    const answer = this.#askOnce(digest, token, askedAt).finally(() => {
      this.#flights.delete(digest);
    });
    this.#flights.set(digest, { answer, askedAt, next: null });
    return answer;
  }

  async #askOnce(digest: string, token: string, askedAt: number): Promise<Answer> {
    const answer = await this.#ask(token);
    this.#remembered.remember(digest, answer, askedAt);
    return answer;
  }
}
