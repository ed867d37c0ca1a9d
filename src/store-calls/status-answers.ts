import { copyBytes } from "../core/bytes.ts";
import { isObject } from "../shared/object.ts";
import type { StatusPlaces } from "../stores/contract.ts";
import { type AnswerCheck, demand, demandCount } from "./answer-checks.ts";

/** Checks what a store of status lists answers when it gives out places. */
export function checkPlaces(call: string, answer: unknown): void {
  demand(isObject(answer), call, "the answer", "an object", answer);
  const { first, terms } = answer as Partial<StatusPlaces>;
  demandCount(call, "first", first);
  demand(typeof terms === "string", call, "terms", "the text that was stored first", terms);
}

/** Creates the check of the marks of a list, which has at most `maxBytes` bytes. */
export function expectMarks(maxBytes: number): AnswerCheck {
  return (call, answer) => {
    const bytes = copyBytes(answer);
    demand(bytes !== null, call, "the answer", "a Uint8Array", answer);
    const fits = bytes?.subarray(maxBytes).every((byte) => byte === 0) === true;
    if (!fits) throw new TypeError(`${call}: it answered with marks behind the end of the list`);
  };
}
