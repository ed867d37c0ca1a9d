import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleFixture } from "../support/fixture.ts";

const run = promisify(execFile);
let program: string;
beforeAll(async () => {
  program = await bundleFixture(join(import.meta.dirname, "subscriber.ts"));
});

/** Runs a process with a subscriber of the channel, and tells what it printed after a refusal. */
async function subscribeAs(how: "throws" | "catches"): Promise<{ stdout: string; code: number; stderr: string }> {
  return run(process.execPath, [program, how]).then(
    (printed) => ({ ...printed, code: 0 }),
    (failed) => failed,
  );
}

describe.concurrent("a subscriber", () => {
  it("that throws ends the process, as of every channel of Node", async () => {
    const { stdout, stderr, code } = await subscribeAs("throws");
    expect(code).toBe(1);
    expect(stderr).toContain("of the subscriber");
    expect(stdout).not.toContain("alive");
  });

  it("that catches what it throws does not", async () => {
    const { stdout, code } = await subscribeAs("catches");
    expect([code, stdout]).toEqual([0, "invalid_token\nalive\n"]);
  });
});
