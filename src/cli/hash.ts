import { hashPassword } from "../core/password/default.ts";
import { assert } from "../shared/assert.ts";
import type { Command } from "./command.ts";
import { readInput } from "./input.ts";

/** Prints the hash of a password, as `hashPassword` makes it. */
export const HASH: Command = {
  usage: "",
  summary: "Prints the hash of a password, for a first user or a seed.",
  options: {},
  maxPositionals: 0,
  reads: "password",
  async run(_args, shell) {
    const password = await readInput(shell, "password");
    // Nobody sees what is typed, so that a slip of the finger would be hashed, too.
    const isRepeated = shell.stdin.isTTY !== true || (await readInput(shell, "password again")) === password;
    assert(isRepeated, "the two passwords differ");
    return hashPassword(password);
  },
};
