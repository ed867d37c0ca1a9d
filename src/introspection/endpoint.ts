import { readClock } from "../core/time.ts";
import { fetchDocument } from "../remote/document.ts";
import { readStopwatch } from "../shared/clock.ts";
import { readMark } from "../shared/read.ts";
import { createOutage } from "../store-calls/call.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { Breaker } from "./breaker.ts";
import type { IntrospectionSettings } from "./options.ts";

/** The name of the call, as outages have it. */
const CALL = "introspection.ask";

const FORM = "application/x-www-form-urlencoded";

/** Calls an introspection endpoint, with a limit on concurrent calls and a circuit breaker. */
export class Endpoint {
  readonly #settings: IntrospectionSettings;
  readonly #breaker = new Breaker();
  #underWay = 0;
  #calls = 0;
  #failures = 0;

  constructor(settings: IntrospectionSettings) {
    this.#settings = settings;
  }

  /** How often it was called, and how many of the calls failed. */
  get counts(): { readonly calls: number; readonly failures: number } {
    return { calls: this.#calls, failures: this.#failures };
  }

  /**
   * Asks about a token.
   *
   * @throws AuthError `unavailable` (503) where the endpoint can't be asked, or its answer is malformed
   */
  async ask(token: string): Promise<Answer> {
    const { now } = this.#settings;
    this.#refuseTooMany(readClock(now));
    const end = this.#breaker.begin();
    const startedAt = readStopwatch();
    this.#underWay += 1;
    this.#calls += 1;
    try {
      const answer = await this.#call(token);
      end(false, readClock(now));
      return answer;
    } catch (cause) {
      this.#failures += 1;
      end(!isOfOneToken(cause), readClock(now));
      throw createOutage(CALL, readStopwatch() - startedAt, cause);
    } finally {
      this.#underWay -= 1;
    }
  }

  #refuseTooMany(now: number): void {
    const pauseMs = this.#breaker.getTimeLeft(now);
    if (pauseMs > 0) {
      throw createOutage(
        CALL,
        0,
        new Error("the endpoint failed; it is not asked for a while"),
        roundUpToSeconds(pauseMs),
      );
    }
    if (this.#underWay < this.#settings.maxConcurrent) return;
    throw createOutage(CALL, 0, new Error(`${this.#underWay} calls are under way, which is maxConcurrent`), 1);
  }

  async #call(token: string): Promise<Answer> {
    const { endpoint, authorization, fetch, timeoutMs } = this.#settings;
    const body = new URLSearchParams({ token, token_type_hint: "access_token" }).toString();
    const headers = { Authorization: authorization, Accept: "application/json", "Content-Type": FORM };
    const { text } = await fetchDocument(endpoint, { fetch, timeoutMs, headers, body });
    return readAnswer(endpoint, text);
  }
}

/** Statuses under 500 that concern all tokens: our secret is wrong, or the endpoint is too busy. */
const OF_ALL_TOKENS: ReadonlySet<number> = new Set([401, 408, 429]);

/**
 * Tells whether a call failed because of its token, so that the endpoint is up. Otherwise somebody with a few tokens
 * that make it fail could open the circuit breaker for all tokens.
 */
function isOfOneToken(cause: unknown): boolean {
  const status = readMark(cause, "status");
  const isRefused = typeof status === "number" && status >= 400 && status < 500 && !OF_ALL_TOKENS.has(status);
  return isRefused || readMark(cause, "isOfOneToken") === true;
}

function roundUpToSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
