import { AN_ID, isId } from "./text.ts";

/** Refuses what can't be a user's id. */
export function checkUserId(userId: unknown): void {
  if (!isId(userId)) throw new TypeError(`a user's id is ${AN_ID}; an identity has it as userId, a user as id`);
}
