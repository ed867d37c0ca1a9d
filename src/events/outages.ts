import { readMark } from "../shared/read.ts";
import type { OutageListener } from "../store-calls/outage.ts";
import type { Emit } from "./emit.ts";

/** Wraps a listener to outages, so that each outage is reported as an event, too. */
export function emitOutages(onOutage: OutageListener, emit: Emit): OutageListener {
  return (error, context) => {
    const { operation, refused, call = null, durationMs = null } = context;
    emit(() => ({ type: "outage", operation, refused, call, durationMs, cause: nameError(error.cause) }));
    return onOutage(error, context);
  };
}

const NAME = /^\w{1,64}$/;

/** Gives the name of the error that caused an outage. A driver's error may be anything, and reading it may throw. */
export function nameError(error: unknown): string | null {
  const name = readMark(error, "name");
  return typeof name === "string" && NAME.test(name) ? name : null;
}
