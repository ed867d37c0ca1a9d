import { decodeToken } from "../core/token/decode.ts";
import { systemClock } from "../shared/clock.ts";
import type { Command } from "./command.ts";
import { readTokenInput } from "./input.ts";
import { formatJson } from "./output.ts";

/** The claims that are an instant, in seconds since 1970. */
const INSTANTS = ["iat", "nbf", "exp", "auth_time"] as const;

/** Prints what a token says, with its instants as dates on the standard error. */
export const DECODE: Command = {
  usage: "",
  summary: "Prints the header and claims of a token, WITHOUT verifying anything.",
  options: {},
  maxPositionals: 0,
  reads: "token",
  async run(_args, shell) {
    const token = await readTokenInput(shell);
    const { header, claims } = decodeToken(token);
    shell.stderr.write("NOT verified\n");
    for (const name of INSTANTS) shell.stderr.write(describeInstant(name, claims[name]));
    return formatJson({ header, claims });
  },
};

function describeInstant(name: string, seconds: unknown): string {
  const ms = Number(seconds) * 1_000;
  if (typeof seconds !== "number" || Number.isNaN(new Date(ms).getTime())) return "";
  const side = ms <= systemClock() ? "past" : "to come";
  return `${name.padEnd(9)}  ${new Date(ms).toISOString()}  ${side}\n`;
}
