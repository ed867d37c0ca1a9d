import type { Command } from "./command.ts";

/** Describes all commands. */
export function describeProgram(commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary]);
  const help = [
    ["help", "Prints this."],
    ["--version", "Prints the version."],
  ];
  return ["Usage: hallpass COMMAND", "", ...align([...rows, ...help]), "", "hallpass COMMAND --help tells more."].join(
    "\n",
  );
}

/** Describes a command and its options. */
export function describeCommand(name: string, { usage, summary, options, reads }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help }]) => [
    value === undefined ? `--${option}` : `--${option} ${value}`,
    help,
  ]);
  const input =
    reads === null ? [] : ["", `It reads the ${reads} from the standard input, or asks for it at a terminal.`];
  const list = rows.length === 0 ? [] : ["", ...align(rows)];
  return [`Usage: hallpass ${name} ${usage}`.trim(), "", summary, ...input, ...list].join("\n");
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", right]) => `  ${left.padEnd(width)}  ${right}`);
}
