import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const NAMES = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(EXAMPLES, entry.name, "README.md")))
  .map(({ name }) => name);

it("the list of examples has each of them", () => {
  const list = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  expect([...list.matchAll(/^\| \[(.+?)\]\(\1\/\)/gm)].map(([, name]) => name)).toEqual(NAMES);
});

describe.each(NAMES)("examples/%s", (name) => {
  const readme = readFileSync(join(EXAMPLES, name, "README.md"), "utf8");

  it("is told in a few lines", () => {
    expect(readme.split("\n").filter((line) => line !== "" && !line.startsWith("```")).length).toBeLessThanOrEqual(15);
  });

  it("names only files that there are", () => {
    for (const [, file = ""] of readme.matchAll(/\]\((?!http)(.+?)\)/g)) {
      expect(existsSync(join(EXAMPLES, name, file)), file).toBe(true);
    }
  });
});
