import { isText } from "../shared/text.ts";

/** Refuses what can't be a user's id. */
export function checkUserId(userId: unknown): void {
  if (!isText(userId)) throw new TypeError("a user's id is a non-empty string of at most 1024 characters");
}
