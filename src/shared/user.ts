import { checkText } from "./options.ts";

/** Refuses what a user to be added can't have for an id, a login name, or a password's hash. */
export function checkNewUser(owner: string, id: unknown, login: unknown, passwordHash: unknown): void {
  checkText(`${owner}: id`, id);
  checkText(`${owner}: login`, login);
  if (passwordHash === null || (typeof passwordHash === "string" && passwordHash !== "")) return;
  throw new TypeError(`${owner}: passwordHash must be what hashPassword made, or null for a user without a password`);
}

/** Refuses what is neither `true` nor `false`. */
export function checkFlag(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be true or false`);
}
