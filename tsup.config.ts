import { copyFile } from "node:fs/promises";
import { transform } from "esbuild";
import { defineConfig, type Options } from "tsup";
import { ALONE, BESIDE, ENTRIES, EVERY_REQUEST, PROGRAM } from "./entries.ts";

const SHARED: Options = {
  outDir: "dist",
  target: "node20",
  platform: "node",
  format: "esm",
  splitting: true,
  treeshake: true,
  removeNodeProtocol: false,
};

/**
 * jose is ESM only, and Jest can neither `require` ESM nor run `import()`. So the CommonJS build carries jose in a chunk
 * of its own, and every `import()` in it becomes a `require` that still waits for its first use. It is bundled as ESM,
 * since only there can chunks be shared, and each chunk is then turned into CommonJS.
 */
const toCommonJs: NonNullable<Options["plugins"]>[number] = {
  name: "to-commonjs",
  async renderChunk(code) {
    return transform(code, {
      format: "cjs",
      platform: "node",
      target: "node20",
      supported: { "dynamic-import": false },
    });
  },
};

/** A licence goes with its code. */
async function copyLicence(): Promise<void> {
  await copyFile("node_modules/jose/LICENSE.md", "dist/jose.LICENSE.md");
}

const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...SHARED, entry: EVERY_REQUEST, clean: true },
  { ...SHARED, entry: BESIDE },
  { ...SHARED, entry: ALONE },
  { ...SHARED, entry: PROGRAM },
  {
    ...SHARED,
    entry: ENTRIES,
    noExternal: ["jose"],
    treeshake: false,
    outExtension: () => ({ js: ".cjs" }),
    plugins: [toCommonJs],
    onSuccess: copyLicence,
  },
  {
    ...SHARED,
    entry: ENTRIES,
    format: ["esm", "cjs"],
    dts: { only: true, compilerOptions: { ignoreDeprecations: "6.0" } },
  },
]);

export default config;
