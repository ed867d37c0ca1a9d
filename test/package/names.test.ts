import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:async )?(?:function|class|interface|type) (\w+)/gm;
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** The files of each function and type. */
const NAMES = new Map<string, Set<string>>();
for (const file of FILES) {
  for (const [, name = ""] of readFileSync(join(SRC, file), "utf8").matchAll(DECLARATION)) {
    NAMES.set(name, (NAMES.get(name) ?? new Set()).add(file));
  }
}

/** Files that do the same for another framework, or for another database. Each adapter names its routes as the flow does. */
const SIBLINGS = [
  /^(adapters\/(express|fastify|fetch|koa)|login\/(login|change-password)|sessions\/(logout|refresh))\.ts$/,
  /^stores\/(postgres|redis|sqlite)\//,
];

it("gives each function and each type a name of its own", () => {
  const clashes = [...NAMES].filter(
    ([, files]) => files.size > 1 && !SIBLINGS.some((siblings) => [...files].every((file) => siblings.test(file))),
  );
  expect(NAMES.size).toBeGreaterThan(1_000);
  expect(clashes, "choose another name, or add a database's folder to SIBLINGS").toEqual([]);
});
