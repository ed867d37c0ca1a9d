import { channel } from "node:diagnostics_channel";
import { readClock } from "../core/time.ts";
import { tell } from "../shared/listener.ts";
import type { AuthEvent, AuthEventListener, EventOf } from "./event.ts";

const EVENTS = /* @__PURE__ */ channel("hallpass:event");

/** Tells of an event. The event is made only where somebody listens. */
export type Emit = (describe: () => EventOf) => void;

/**
 * Makes what tells a listener, and the subscribers of the diagnostics channel `hallpass:event`, of events.
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
