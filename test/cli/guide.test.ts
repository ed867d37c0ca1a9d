import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { VERIFY } from "../../src/cli/verify.ts";
import { run } from "./shell.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/command-line.md"), "utf8");
const namesIn = (pattern: RegExp): (string | undefined)[] => [...GUIDE.matchAll(pattern)].map(([, name]) => name);

it("the guide names every command", async () => {
  const { out } = await run(["help"]);
  const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== "help");
  expect(namesIn(/^\| `npx hallpass ([a-z]+)` \|/gm)).toEqual(commands);
});

it("the guide names every option of verify", () => {
  const rows = GUIDE.split("\n").filter((line) => line.startsWith("| `--"));
  const named = rows.flatMap((row) => [...row.matchAll(/`--([a-z-]+)/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(Object.keys(VERIFY.options)));
});
