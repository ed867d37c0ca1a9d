import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const SRC = join(import.meta.dirname, "../../src");

/** Runs a process with a subscriber of the channel, and tells what it printed after a refusal. */
async function subscribeWith(body: string): Promise<{ stdout: string; code: number; stderr: string }> {
  const code = `
    import { subscribe } from "node:diagnostics_channel";
    import { createGuard, defineToken, secretKey } from ${JSON.stringify(`${SRC}/index.ts`)};
    subscribe("hallpass:event", (event) => { ${body} });
    const keys = secretKey("a secret of thirty-two bytes, or more");
    const guard = createGuard({ token: defineToken({ keys, issuer: null, audience: null }) });
    await guard.authenticate("Bearer x").catch(({ code }) => console.log(code));
    setTimeout(() => console.log("alive"), 50);
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", code];
  const answer = run(process.execPath, args, { cwd: join(SRC, "..") });
  return answer.then(
    (printed) => ({ ...printed, code: 0 }),
    (failed) => failed,
  );
}

it("a subscriber that throws ends the process, as of every channel of Node", async () => {
  const { stdout, stderr, code } = await subscribeWith('throw new Error("of the subscriber");');
  expect(code).toBe(1);
  expect(stderr).toContain("of the subscriber");
  expect(stdout).not.toContain("alive");
});

it("a subscriber that catches what it throws does not", async () => {
  const { stdout, code } = await subscribeWith('try { throw new Error("x"); } catch {}');
  expect([code, stdout]).toEqual([0, "invalid_token\nalive\n"]);
});
