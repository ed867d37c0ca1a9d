import { PassThrough, Readable } from "node:stream";
import { runCommand } from "../../src/cli/run.ts";

/** What the program did. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program with what a pipe gives it. */
export async function run(
  line: readonly string[],
  input: string | Uint8Array = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runWith(line, Readable.from([Buffer.from(input)]), env);
}

/** Runs the program at a terminal, where somebody types once it has asked. */
export async function runAtTerminal(line: readonly string[], ...typed: readonly string[]): Promise<Outcome> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const lines = [...typed];
  return runWith(line, stdin, {}, (text) => {
    if (text.endsWith(": ")) stdin.write(lines.shift());
  });
}

async function runWith(
  line: readonly string[],
  stdin: Readable,
  env: Readonly<Record<string, string>>,
  onPrompt: (text: string) => void = () => undefined,
): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [collect(stdout), collect(stderr, onPrompt)];
  const code = await runCommand(line, { stdin, stdout, stderr, env }, "1.2.3");
  return { code, out: out.join(""), err: err.join("") };
}

function collect(stream: PassThrough, onText: (text: string) => void = () => undefined): readonly string[] {
  const texts: string[] = [];
  stream.on("data", (chunk) => {
    texts.push(String(chunk));
    onText(String(chunk));
  });
  return texts;
}
