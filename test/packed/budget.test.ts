import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { install } from "./packed.ts";

/** In bytes of what esbuild makes of it, minified, for Node. */
const BUNDLES: Readonly<Record<string, { imports: string; most: number }>> = {
  "verifies, with a secret": { imports: "defineToken, secretKey, verifyToken", most: 20_800 },
  "guards, with a secret": { imports: "createGuard, defineToken, secretKey", most: 46_700 },
  "guards, with a public key": { imports: "createGuard, defineToken, importKey", most: 57_000 },
};

/**
 * How many files an import reads and how much is in them: what it costs on any machine, as a clock can't tell on a busy one.
 * Each file is about a millisecond, and jose or the addon twenty.
 */
const IMPORTS: Readonly<Record<string, { files: number; bytes: number }>> = {
  index: { files: 6, bytes: 285_300 },
  tokens: { files: 5, bytes: 178_700 },
  express: { files: 7, bytes: 91_700 },
  koa: { files: 7, bytes: 92_600 },
  fastify: { files: 7, bytes: 93_100 },
  fetch: { files: 7, bytes: 94_200 },
  adapter: { files: 7, bytes: 86_300 },
  nest: { files: 7, bytes: 99_000 },
  "api-keys": { files: 10, bytes: 48_000 },
  dpop: { files: 1, bytes: 80_000 },
  "express/auth": { files: 1, bytes: 100 },
  "fastify/auth": { files: 1, bytes: 100 },
  introspection: { files: 11, bytes: 56_000 },
  "one-time": { files: 11, bytes: 43_300 },
  "status-list": { files: 12, bytes: 118_000 },
  "stores/memory": { files: 8, bytes: 40_400 },
  testing: { files: 9, bytes: 141_400 },
  "stores/sqlite": { files: 12, bytes: 47_800 },
  "stores/postgres": { files: 12, bytes: 53_900 },
  "stores/redis": { files: 8, bytes: 46_500 },
  "stores/replicated": { files: 9, bytes: 30_300 },
};

/** The one framework that an adapter imports more of than types: Nest's decorators and tokens are values. */
const NEST = ["@nestjs/common", "@nestjs/core"];

let folder: string;
let tarball: string;

beforeAll(async () => {
  ({ folder, tarball } = await install([]));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function bundle(code: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    external: ["jose", "@node-rs/argon2", ...NEST],
    metafile: true,
    write: false,
  });
  const inputs = Object.entries(metafile.inputs).filter(([path]) => path !== "<stdin>");
  return {
    size: outputFiles[0]?.contents.length,
    files: inputs.length,
    bytes: inputs.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    atOnce: inputs.flatMap(([, { imports }]) => imports).filter((it) => it.external && it.kind !== "dynamic-import"),
  };
}

it("is downloaded quickly", () => {
  expect(statSync(tarball).size).toBeLessThan(693_000);
});

describe("a service that only", () => {
  it.each(Object.entries(BUNDLES))("%s stays small", async (_what, { imports, most }) => {
    const { size } = await bundle(`export { ${imports} } from "hallpass/tokens"`);
    expect(size).toBeLessThan(most);
  });
});

describe.each(Object.keys(ENTRIES))("importing %s", (entry) => {
  it("reads little, and no other package", async () => {
    const { files, bytes, atOnce } = await bundle(
      `export * from ${JSON.stringify(join(folder, "node_modules/hallpass/dist", `${entry}.js`))}`,
    );
    expect(files).toBeLessThanOrEqual(IMPORTS[entry]?.files ?? 0);
    expect(bytes).toBeLessThanOrEqual(IMPORTS[entry]?.bytes ?? 0);
    const others = new Set(atOnce.map(({ path }) => path).filter((path) => !path.startsWith("node:")));
    expect([...others].sort()).toEqual(entry === "nest" ? NEST : []);
  });
});
