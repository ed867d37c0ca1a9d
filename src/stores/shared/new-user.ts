import { assert } from "../../shared/assert.ts";
import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { refusePromise } from "../../shared/promise.ts";
import { AN_ID, isId } from "../../shared/text.ts";

/** A user to be added to a store. */
export interface NewUser {
  /** The user's id. */
  readonly id: string;
  /** The name to log in with, compared as it is. */
  readonly login: string;
  /** What `hashPassword` made; `null` for a user who can't log in by password. */
  readonly passwordHash: string | null;
  /** Whether the user is kept from logging in. `false` by default. */
  readonly disabled?: boolean;
}

const NEW_USER: OptionNames<NewUser> = {
  id: "required",
  login: "required",
  passwordHash: "required",
  disabled: "optional",
};

/** No scheme has a hash that is shorter than the 13 characters of DES crypt, or that has white space. */
const HASH = /^\S{13,}$/;

/**
 * Checks a user to be added, and fills in what may be left out.
 *
 * @throws TypeError that names what is wrong with it
 */
export function checkNewUser(owner: string, user: NewUser): Required<NewUser> {
  checkOptions(owner, user, NEW_USER);
  const { id, login, passwordHash, disabled = false } = user;
  checkUserFields(owner, id, login, passwordHash);
  checkFlag(`${owner}: disabled`, disabled);
  return { id, login, passwordHash, disabled };
}

/** Checks an id, a login name and a password hash. */
export function checkUserFields(owner: string, id: unknown, login: unknown, passwordHash: unknown): void {
  checkStorable(`${owner}: id`, id);
  checkStorable(`${owner}: login`, login);
  if (passwordHash !== null) checkPasswordHash(owner, passwordHash);
}

/** Refuses what is no hash of a password. Stored, it would lock its user out. */
export function checkPasswordHash(owner: string, passwordHash: unknown): void {
  refusePromise(`${owner}: passwordHash`, passwordHash);
  assert(
    typeof passwordHash === "string",
    `${owner}: passwordHash must be what hashPassword made, or null for a user without a password`,
  );
  assert(HASH.test(passwordHash), `${owner}: passwordHash is no hash: give it await hashPassword(password)`);
}

/** Refuses text that no login could find: text that is too long, or that some database refuses. */
function checkStorable(name: string, value: unknown): void {
  assert(isId(value), `${name} must be ${AN_ID}`);
}

/** The error of a user whose id or login is taken. Its `code` tells programs. */
export function createUserExists(owner: string, taken: string): Error {
  return Object.assign(new Error(`${owner}: there is a user with ${taken}`), { code: "user_exists" });
}

/** Checks that a value is `true` or `false`. */
export function checkFlag(name: string, value: unknown): asserts value is boolean {
  assert(typeof value === "boolean", `${name} must be true or false`);
}
