import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");
const START_WITHIN_MS = 60_000;

/** An example that runs as a child. */
export interface Example {
  /** Where it listens. */
  readonly origin: string;
  /** Where each of its processes listens. */
  readonly origins: readonly string[];
  /** What it has written to standard output, line by line. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Starts an example by the command of its README, on ports of the system's choice, and waits until it listens. */
export async function startExample(name: string, listeners = 1): Promise<Example> {
  const readme = readFileSync(join(ROOT, "examples", name, "README.md"), "utf8");
  const file = /^npx tsx (\S+)$/m.exec(readme)?.[1];
  if (file === undefined) throw new Error(`the README of ${name} has no command that starts it`);
  const { TOKEN_SECRET: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: ROOT,
    env: { ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  };
  const lines: string[] = [];
  const origins: string[] = [];
  const listening = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      const origin = /^Listening on (\S+)$/.exec(line)?.[1];
      if (origin !== undefined && origins.push(origin) === listeners) resolve();
    });
    child.once("exit", () => reject(new Error(`${name} ended before it listened`)));
    setTimeout(reject, START_WITHIN_MS, new Error(`${name} does not listen`)).unref();
  });
  try {
    await listening;
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin: origins[0] ?? "", origins, lines, stop };
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isSo()); attempt += 1) {
    if (attempt === 100) throw new Error("it is not so after five seconds");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The user that each example has. */
export const READER = { login: "reader@example.com", password: "correct horse battery staple" };

/** Sends JSON. */
export function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** The answer to a good login. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
}

/** Logs the reader in, or whom a body names. */
export async function logIn(origin: string, credentials: object = READER): Promise<Tokens> {
  const response = await post(`${origin}/login`, credentials);
  if (!response.ok) throw new Error(`the login was answered ${response.status}`);
  return (await response.json()) as Tokens;
}

/** The header that shows an access token. */
export function bearer({ access_token }: Tokens): { Authorization: string } {
  return { Authorization: `Bearer ${access_token}` };
}
