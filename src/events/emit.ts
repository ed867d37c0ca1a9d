import { channel } from "node:diagnostics_channel";
import { readClock } from "../core/time.ts";
import { tell } from "../shared/listener.ts";
import type { AuthEvent, AuthEventListener, EventOf } from "./event.ts";

const EVENTS = /* @__PURE__ */ channel("hallpass:event");

/** Reports an event. The event is made only if somebody listens. */
export type Emit = (describe: () => EventOf) => void;

/**
 * Creates the function that reports events to a listener, and to the subscribers of the diagnostics channel
 * `hallpass:event`.
 *
 * @param now - the clock that dates events
 */
export function createEmit(onEvent: AuthEventListener | undefined, now: () => number): Emit {
  return (describe) => {
    if (onEvent === undefined && !EVENTS.hasSubscribers) return;
    tell(() => {
      const event = Object.freeze({ ...describe(), version: 1, at: readClock(now) }) as AuthEvent;
      if (onEvent !== undefined) tell(onEvent, event);
      if (EVENTS.hasSubscribers) EVENTS.publish(event);
    });
  };
}
