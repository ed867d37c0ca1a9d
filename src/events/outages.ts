import { readMark } from "../shared/read.ts";
import type { OutageListener } from "../store-calls/outage.ts";
import type { Emit } from "./emit.ts";

/** Makes a listener to outages that has each be an event too. */
export function emitOutages(onOutage: OutageListener, emit: Emit): OutageListener {
  return (error, context) => {
    const { operation, refused, call = null, durationMs = null } = context;
    emit(() => ({ type: "outage", operation, refused, call, durationMs, cause: nameError(error.cause) }));
    return onOutage(error, context);
  };
}

const NAME = /^\w{1,64}$/;

/** Names an error that caused an outage. A driver's own error may be anything, and reading it may throw. */
export function nameError(error: unknown): string | null {
  const name = readMark(error, "name");
  return typeof name === "string" && NAME.test(name) ? name : null;
}
