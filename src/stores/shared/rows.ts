import type { EndedSession, EndReason } from "../contract.ts";

/** An ended session of a row: an object of ours, since rows may be of a driver's own making. */
export function endedOf({ sid, ended }: Record<string, unknown>): EndedSession {
  return { sid: sid as string, ended: ended as EndReason };
}
