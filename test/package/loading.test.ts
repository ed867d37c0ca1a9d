import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { install, run } from "./packed.ts";

/** Runs before all else: what draws lots throws, as it does in workerd while a module loads. */
const NO_LOTS = `
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
const refuse = (name) => () => { throw new Error(name + " while a module loads"); };
const drawing = Object.keys(crypto).filter((name) => /^(random|generate)/.test(name));
for (const name of drawing) crypto[name] = refuse(name);
for (const name of ["getRandomValues", "randomUUID"]) Crypto.prototype[name] = refuse(name);
Math.random = refuse("Math.random");
syncBuiltinESMExports();`;

let folder: string;

beforeAll(async () => {
  ({ folder } = await install(["jose", "@nestjs/common", "@nestjs/core"])); // and no addon
  writeFileSync(join(folder, "no-lots.mjs"), NO_LOTS);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function output(code: string, type: "commonjs" | "module", drawsLots = false): Promise<string> {
  const args = [...(drawsLots ? [] : ["--import", "./no-lots.mjs"]), `--input-type=${type}`, "--eval", code];
  const { stdout } = await run(process.execPath, args, { cwd: folder });
  return stdout.trim();
}

describe.each(Object.keys(ENTRIES))("%s", (entry) => {
  const name = entry === "index" ? "hallpass" : `hallpass/${entry}`;

  it.each([
    ["ESM", "module", `import("${name}")`],
    ["CommonJS", "commonjs", `Promise.resolve(require("./node_modules/hallpass/dist/${entry}.cjs"))`],
  ] as const)("loads as %s without randomness and without the addon", async (_format, type, loaded) => {
    const code = `${loaded}.then((it) => console.log(typeof it === "object"))`;
    expect(await output(code, type, entry === "nest")).toBe("true"); // Nest itself draws lots while it loads.
  });
});

it("would see what draws lots", async () => {
  const drawing = 'import { randomBytes } from "node:crypto"; randomBytes(1);';
  await expect(output(drawing, "module")).rejects.toThrow("randomBytes while a module loads");
  await expect(output("crypto.randomUUID()", "commonjs")).rejects.toThrow("randomUUID while a module loads");
});
