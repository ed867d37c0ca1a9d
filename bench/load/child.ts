import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of one's own, which is asked one thing at a time. It ends with the process that started it. */
export interface Child<Greeting> {
  /** What it said when it was ready. */
  readonly greeting: Greeting;
  readonly ask: <Answer>(question: object) => Promise<Answer>;
  readonly stop: () => void;
}

const BENCH = new URL("../", import.meta.url);

/** Starts a file of the bench as a process, and waits until it says something. */
export async function startChild<Greeting>(file: string, ...args: string[]): Promise<Child<Greeting>> {
  const child = fork(new URL(file, BENCH), args, {
    cwd: fileURLToPath(BENCH), // or tsx would take hallpass from src/, by the root's tsconfig.json, and not as it is shipped
    execArgv: ["--import", "tsx"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const end = once(child, "exit").then(([code]) => {
    throw new Error(`${[file, ...args].join(" ")} ended with ${code}`);
  });
  end.catch(() => {}); // whoever waits for an answer is told
  const answer = async () => (await Promise.race([once(child, "message"), end]))[0];
  return {
    greeting: await answer(),
    async ask(question) {
      child.send(question);
      return answer();
    },
    stop: () => child.kill(),
  };
}
