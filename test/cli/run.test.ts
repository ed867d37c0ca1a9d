import { afterEach, describe, expect, it, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { run } from "./shell.ts";

describe("the program", () => {
  it.each([[["--help"]], [["-h"]], [["help"]]])("prints its help by %j", async (line) => {
    const { code, out, err } = await run(line);
    expect([code, err]).toEqual([0, ""]);
    for (const name of ["secret", "keygen", "hash", "decode", "verify"])
      expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  it("prints its version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });

  it.each([
    [[], "say which command"],
    [["sign"], "there is no such command"],
    [["toString"], "there is no such command"],
    [["--port"], "there is no such command"],
  ])("shows the commands where it is called by %j", async (line, why) => {
    const { code, out, err } = await run(line);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(new RegExp(`^hallpass: ${why}\n\nUsage: hallpass COMMAND\n`));
  });

  it.each(["secret", "keygen", "hash", "decode", "verify"])("tells more of %s, and runs nothing", async (name) => {
    const { code, out, err } = await run([name, "--help"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^Usage: hallpass ${name}`));
    expect(out.includes("standard input")).toBe(!["secret", "keygen"].includes(name));
    expect(out.includes("--issuer ISSUER")).toBe(name === "verify");
  });

  it.each([
    [["secret", "--bits", "128"], "Unknown option '--bits'"],
    [["secret", "HS256", "HS384"], "there are too many arguments; see hallpass secret --help"],
    [["hash", "hunter2"], "give the password on the standard input: others see arguments; see hallpass hash --help"],
    [["decode", "hunter2"], "give the token on the standard input"],
    [["verify", "hunter2"], "give the token on the standard input"],
    [["hash", "--password", "hunter2"], "Unknown option '--password'"],
    [["verify", "--issuer"], "Option '--issuer <value>' argument missing"],
    [["verify", "--issuer", "a", "--issuer", "b"], "--issuer is given twice"],
  ])("says what is wrong with %j, and repeats no secret", async (line, why) => {
    const { code, out, err } = await run(line);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(why);
    expect(err).not.toContain("hunter2");
  });
});

describe("the program as a whole", () => {
  const { argv, exitCode } = process;
  afterEach(() => {
    process.argv = argv;
    process.exitCode = exitCode;
    vi.restoreAllMocks();
  });

  it("prints the package's version, and its exit code is the process's", async () => {
    const written: unknown[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(text) > 0);
    process.argv = ["node", "hallpass", "--version"];
    await import("../../src/cli.ts");
    expect([written, process.exitCode]).toEqual([[`${manifest.version}\n`], 0]);
  });
});
