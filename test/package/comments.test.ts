import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const WIDTH = 120;

/** A line that is a comment, or ends with one. The row of a table can't be wrapped. */
const COMMENT = /^\s*(?:\/\/|\/?\*(?! \|))|\s\/\/ /;

const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Biome wraps code and leaves comments as they are. */
it.each(FILES)(`%s has no comment beyond ${WIDTH} columns`, (file) => {
  const lines = readFileSync(join(SRC, file), "utf8").split("\n");
  const wide = lines.flatMap((line, at) => (line.length > WIDTH && COMMENT.test(line) ? [`${at + 1}: ${line}`] : []));
  expect(wide).toEqual([]);
});
