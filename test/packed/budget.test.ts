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
  index: { files: 6, bytes: 284_600 },
  tokens: { files: 5, bytes: 178_100 },
  express: { files: 7, bytes: 91_200 },
  koa: { files: 7, bytes: 92_000 },
  fastify: { files: 7, bytes: 92_600 },
  fetch: { files: 7, bytes: 93_700 },
  adapter: { files: 7, bytes: 85_800 },
  nest: { files: 7, bytes: 98_500 },
  "api-keys": { files: 10, bytes: 47_900 },
  dpop: { files: 1, bytes: 80_000 },
  "express/auth": { files: 1, bytes: 100 },
  "fastify/auth": { files: 1, bytes: 100 },
  introspection: { files: 11, bytes: 55_900 },
  "one-time": { files: 11, bytes: 43_200 },
  "status-list": { files: 12, bytes: 118_000 },
  "stores/memory": { files: 8, bytes: 40_300 },
  testing: { files: 9, bytes: 141_200 },
  "stores/sqlite": { files: 12, bytes: 47_700 },
  "stores/postgres": { files: 12, bytes: 53_900 },
  "stores/redis": { files: 8, bytes: 46_400 },
  "stores/replicated": { files: 9, bytes: 30_200 },
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
  expect(statSync(tarball).size).toBeLessThan(691_000);
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
