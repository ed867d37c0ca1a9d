import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { assert } from "../shared/assert.ts";
import { MAX_TOKEN_BYTES } from "../shared/limits.ts";
import type { Shell } from "./command.ts";

/**
 * Reads one text from the standard input: all of it, without the line break at its end. At a terminal it asks for a
 * line, which is not shown.
 *
 * @throws TypeError where nothing came, or too much, or what is no UTF-8
 */
export async function readInput({ stdin, stderr }: Shell, what: string): Promise<string> {
  const text =
    stdin.isTTY === true ? await askHidden({ stdin, stderr }, what) : decodeInput(await readAll(stdin, what), what);
  assert(text !== "", `the ${what} is missing: give it on the standard input`);
  return text;
}

async function readAll(stdin: Shell["stdin"], what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    assert(length <= MAX_TOKEN_BYTES, `the ${what} is longer than ${MAX_TOKEN_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodeInput(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw new TypeError(`the ${what} is no text in UTF-8`);
  }
}

/** Reads a token as {@link readInput} does. It may have its scheme in front, as in an Authorization header. */
export async function readTokenInput(shell: Shell): Promise<string> {
  return (await readInput(shell, "token")).trim().replace(/^Bearer +/i, "");
}

/** Asks for a line at the terminal. What is typed goes to a stream that shows nothing. */
async function askHidden({ stdin, stderr }: Pick<Shell, "stdin" | "stderr">, what: string): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: hidden, terminal: true });
  const answer = new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve("")); // by Ctrl-C or Ctrl-D
  });
  stderr.write(`${what}: `);
  try {
    return await answer;
  } finally {
    lines.close();
    stderr.write("\n");
  }
}
