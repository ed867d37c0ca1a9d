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

/** What each entry does when it is loaded: `true` where it comes, and why it does not where it doesn't. */
type Loaded = Readonly<Record<string, true | string>>;

/** Loads entries one after another, by one process: a chunk that fails does so again for each entry that needs it. */
async function load(entries: readonly string[], type: "commonjs" | "module", drawsLots = false): Promise<Loaded> {
  const loadOne = (entry: string): string =>
    type === "module"
      ? `() => import("hallpass${entry === "index" ? "" : `/${entry}`}")`
      : `async () => require("./node_modules/hallpass/dist/${entry}.cjs")`;
  const code = `(async () => {
    const loaded = {};
    const entries = { ${entries.map((entry) => `"${entry}": ${loadOne(entry)}`).join(", ")} };
    for (const [entry, load] of Object.entries(entries)) {
      loaded[entry] = await load().then((it) => typeof it === "object", (error) => String(error));
    }
    console.log(JSON.stringify(loaded));
  })()`;
  return JSON.parse(await output(code, type, drawsLots)) as Loaded;
}

describe.each([
  ["ESM", "module"],
  ["CommonJS", "commonjs"],
] as const)("as %s", (_format, type) => {
  let loaded: Loaded;
  beforeAll(async () => {
    const entries = Object.keys(ENTRIES).filter((entry) => entry !== "nest");
    const nest = load(["nest"], type, true); // Nest itself draws lots while it loads.
    loaded = { ...(await load(entries, type)), ...(await nest) };
  });

  it.each(Object.keys(ENTRIES))("%s loads without randomness and without the addon", (entry) => {
    expect(loaded[entry]).toBe(true);
  });
});

it("would see what draws lots", async () => {
  const drawing = 'import { randomBytes } from "node:crypto"; randomBytes(1);';
  await expect(output(drawing, "module")).rejects.toThrow("randomBytes while a module loads");
  await expect(output("crypto.randomUUID()", "commonjs")).rejects.toThrow("randomUUID while a module loads");
});
