import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENTRIES, FILES } from "../../entries.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8"));
const manifest = read("package.json");
const specifierOf = (entry: string): string => (entry === "index" ? "." : `./${entry}`);

it.each(Object.entries(FILES))("%s names the entries as the list does: npm run entries", (file, update) => {
  const content = read(file);
  expect(JSON.stringify(update(content), null, 2)).toBe(JSON.stringify(content, null, 2));
});

describe.each(Object.keys(ENTRIES))("%s", (entry) => {
  const conditions = manifest.exports[specifierOf(entry)];

  it("has module-sync first, and types and a file for each condition", () => {
    const esm = { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` };
    const cjs = { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` };
    expect(Object.entries(conditions)).toEqual([
      ["module-sync", esm],
      ["import", esm],
      ["require", cjs],
    ]);
    for (const file of [...Object.values(esm), ...Object.values(cjs)]) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
  });
});

it("is built whenever it is packed", () => {
  expect(manifest.scripts.prepack).toBe("npm run --silent build");
});

it("promises what the docs say", () => {
  expect(manifest).toMatchObject({
    name: "hallpass",
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: "^20.19.0 || ^22.12.0 || >=24" },
    peerDependencies: { express: "^4.18.0 || ^5.0.0", koa: "^2.15.0 || ^3.0.0", fastify: "^5.0.0" },
  });
  expect(Object.keys(manifest.dependencies)).toEqual(["@node-rs/argon2", "jose"]);
  for (const peer of Object.keys(manifest.peerDependencies))
    expect(manifest.peerDependenciesMeta[peer]).toEqual({ optional: true });
});
