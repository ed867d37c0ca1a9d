import { isObject } from "../shared/object.ts";
import type { EndedSession, EndReason, StoredSession } from "../stores/contract.ts";
import {
  type AnswerCheck,
  demand,
  demandCount,
  demandId,
  demandInstant,
  demandInstantOrNull,
  OR_NULL,
  readList,
} from "./answer-checks.ts";

/** Creates the check of what a refresh store's `findSession` answers for a family. */
export function expectSession(family: string): AnswerCheck {
  return (call, answer) => {
    if (answer === null) return;
    demand(isObject(answer), call, "a session", "an object", answer, OR_NULL);
    checkSession(call, answer);
    const session = answer as StoredSession;
    if (session.family !== family) throw new TypeError(`${call}: it answered with a session of another family`);
  };
}

const REASONS: ReadonlySet<unknown> = new Set<EndReason | null>([null, "logout", "reuse"]);
const REASON = '"logout", "reuse" or null';

/** Creates the check of what a refresh store's `sessions` answers for a user. */
export function expectUserSessions(userId: string): AnswerCheck {
  return (call, answer) => {
    for (const session of readList(call, answer)) {
      checkSession(call, session);
      const isOwn = (session as StoredSession).userId === userId;
      if (!isOwn) throw new TypeError(`${call}: it answered with a session of another user`);
    }
  };
}

/** Checks what a refresh store's `endSession` answers. */
export function checkReason(call: string, answer: unknown): void {
  demand(REASONS.has(answer), call, "the answer", REASON, answer, OR_NULL);
}

/** Checks what a refresh store's `endSessions` answers. */
export function checkEndedSessions(call: string, answer: unknown): void {
  for (const session of readList(call, answer)) {
    demand(isObject(session), call, "an ended session", "an object", session);
    const { sid, ended } = session as Partial<EndedSession>;
    demandId(call, "sid", sid);
    demand(ended !== null && REASONS.has(ended), call, "ended", '"logout" or "reuse"', ended);
  }
}

/** Checks what a refresh store's `startSession` answers. */
export function checkIdsOrNull(call: string, answer: unknown): void {
  if (answer !== null) for (const id of readList(call, answer)) demandId(call, "an id", id);
}

function checkSession(call: string, value: unknown): void {
  demand(isObject(value), call, "a session", "an object", value);
  const session = value as Partial<StoredSession>;
  demandId(call, "sid", session.sid);
  demandId(call, "userId", session.userId);
  demandInstant(call, "createdAt", session.createdAt);
  demandInstant(call, "lastUsedAt", session.lastUsedAt);
  demandInstant(call, "expiresAt", session.expiresAt);
  demandInstantOrNull(call, "passwordChangedAt", session.passwordChangedAt);
  demand(typeof session.rotation === "string", call, "rotation", "a string", session.rotation);
  demand(typeof session.details === "string", call, "details", "a string", session.details);
  demandCount(call, "revision", session.revision);
  demand(REASONS.has(session.ended), call, "ended", REASON, session.ended, OR_NULL);
}
