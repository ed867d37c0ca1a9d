import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { transform } from "esbuild";
import { defineConfig, type Options } from "tsup";

/** One entry for each specifier in package.json's `exports`; a test holds the two against each other. */
export const ENTRIES: Record<string, string> = {
  index: "src/index.ts",
  express: "src/adapters/express.ts",
  koa: "src/adapters/koa.ts",
  fastify: "src/adapters/fastify.ts",
  fetch: "src/adapters/fetch.ts",
  "stores/memory": "src/stores/memory.ts",
  testing: "src/testing.ts",
  "stores/sqlite": "src/stores/sqlite.ts",
  "stores/postgres": "src/stores/postgres.ts",
  "stores/redis": "src/stores/redis.ts",
  "stores/replicated": "src/stores/replicated.ts",
};

const SHARED: Options = {
  entry: ENTRIES,
  outDir: "dist",
  target: "node20",
  platform: "node",
  format: "esm",
  splitting: true,
  treeshake: true,
  sourcemap: true,
  dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
};

/**
 * jose is ESM only, and Jest can neither `require` ESM nor run `import()`. So the CommonJS build carries jose in a chunk
 * of its own, and every `import()` in it becomes a `require` that still waits for its first use. It is bundled as ESM,
 * since only there can chunks be shared, and each chunk is then turned into CommonJS.
 */
const toCommonJs: NonNullable<Options["plugins"]>[number] = {
  name: "to-commonjs",
  async renderChunk(code, { path }) {
    const { code: commonJs, map } = await transform(code, {
      format: "cjs",
      platform: "node",
      target: "node20",
      supported: { "dynamic-import": false },
      sourcemap: "external",
      sourcefile: path,
    });
    return { code: commonJs, map };
  },
};

/** Licences go with the code, and source maps name files by where they are in the package. */
async function finish(): Promise<void> {
  await copyFile("node_modules/jose/LICENSE.md", "dist/jose.LICENSE.md");
  const maps = (await readdir("dist", { recursive: true })).filter((file) => file.endsWith(".cjs.map"));
  for (const file of maps) {
    const map = await readFile(`dist/${file}`, "utf8");
    await writeFile(`dist/${file}`, map.replaceAll(`${process.cwd()}/dist/`, "./"));
  }
}

const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...SHARED, clean: true },
  {
    ...SHARED,
    noExternal: ["jose"],
    treeshake: false,
    dts: false,
    outExtension: () => ({ js: ".cjs" }),
    plugins: [toCommonJs],
    onSuccess: finish,
  },
  { ...SHARED, format: "cjs", dts: { only: true, compilerOptions: { ignoreDeprecations: "6.0" } } },
]);

export default config;
