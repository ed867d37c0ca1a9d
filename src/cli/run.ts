import { parseArgs } from "node:util";
import { isAuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import type { Args, Command, Shell } from "./command.ts";
import { DECODE } from "./decode.ts";
import { HASH } from "./hash.ts";
import { describeCommand, describeProgram } from "./help.ts";
import { KEYGEN } from "./keygen.ts";
import { escapeControls } from "./output.ts";
import { SECRET } from "./secret.ts";
import { VERIFY } from "./verify.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  secret: SECRET,
  keygen: KEYGEN,
  hash: HASH,
  decode: DECODE,
  verify: VERIFY,
};

/** The exit codes. A refusal and an outage are told apart, as they are by 401 and 503. */
const EXIT_CODES = { done: 0, refused: 1, misused: 2, unavailable: 3 } as const;

/**
 * Runs the program with the arguments of a command line.
 *
 * @returns the exit code: 0 when it is done, 1 when hallpass refuses what it was given, 2 when it was called in a wrong
 * way, and 3 when something that it needs is down
 */
export async function runCommand(line: readonly string[], shell: Shell, version: string): Promise<number> {
  const [name = "", ...rest] = line;
  if (name === "--version") return print(shell, version);
  if (["--help", "-h", "help"].includes(name)) return print(shell, describeProgram(COMMANDS));
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    shell.stderr.write(`hallpass: ${name === "" ? "say which command" : "there is no such command"}\n\n`);
    shell.stderr.write(`${describeProgram(COMMANDS)}\n`);
    return EXIT_CODES.misused;
  }
  try {
    const args = readArgs(name, command, rest);
    if (args.values.help === true) return print(shell, describeCommand(name, command));
    return print(shell, await command.run(args, shell));
  } catch (error) {
    shell.stderr.write(`hallpass ${name}: ${escapeControls(describeError(error))}\n`);
    return chooseExitCode(error);
  }
}

function print({ stdout }: Shell, text: string): number {
  stdout.write(`${text}\n`);
  return EXIT_CODES.done;
}

function readArgs(name: string, { options, reads, maxPositionals }: Command, args: readonly string[]): Args {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: "boolean" } as const },
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.flatMap((token) => (token.kind === "option" ? token.name : []));
  const twice = given.find((option, at) => given.indexOf(option) < at && options[option]?.multiple !== true);
  assert(twice === undefined, `--${twice} is given twice`);
  // An argument is not repeated in a message: it may be a secret that does not belong there.
  const why =
    reads === null ? "there are too many arguments" : `give the ${reads} on the standard input: others see arguments`;
  assert(positionals.length <= maxPositionals, `${why}; see hallpass ${name} --help`);
  return { values, positionals };
}

/** Describes an error to the developer at the terminal, who may see the private cause. */
function describeError(error: unknown): string {
  if (!isAuthError(error)) return (error as Error).message;
  const { code, message, cause } = error;
  return `${code}: ${cause === undefined ? message : (cause as Error).message}`;
}

function chooseExitCode(error: unknown): number {
  if (!isAuthError(error)) return EXIT_CODES.misused;
  return error.status === 503 ? EXIT_CODES.unavailable : EXIT_CODES.refused;
}
