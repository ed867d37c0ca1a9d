import type { Readable, Writable } from "node:stream";
import type { ParseArgsConfig, parseArgs } from "node:util";

/** What a command uses of its process. */
export interface Shell {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The options and arguments that a command was called with. */
export type Args = Pick<ReturnType<typeof parseArgs<ParseArgsConfig>>, "values" | "positionals">;

/** A command of the program. */
export interface Command {
  /** Its arguments, as the help shows them. */
  readonly usage: string;
  /** What it does, in one line of the help. */
  readonly summary: string;
  /** Its options, by name, with a line of help for each. */
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How many arguments it takes beside its options. */
  readonly maxPositionals: number;
  /** What it reads from its input; `null` if nothing. */
  readonly reads: "token" | "password" | null;
  /**
   * Does its work.
   *
   * @returns the text for the standard output
   * @throws AuthError where hallpass refuses, and TypeError for a mistake in the call
   */
  run(args: Args, shell: Shell): string | Promise<string>;
}

/** An option of a command. */
interface CommandOption {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** How its value is named in the help. */
  readonly value?: string;
  readonly help: string;
}
