import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Files that need a process of their own: they put modules in the place of real ones, or measure memory. */
const ALONE = ["core/keys/runtimes", "core/password/engine", "core/password/work", "stores/memory/blocklist"];

/** What `npm test` leaves out: the project that another script runs, and its folders and files. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  outages: ["killed", "outages"], // npm run outages: real servers and processes that are killed, paused and cut off
  types: ["types", "package/surface"], // npm run types: what must not compile, and the report of the surface
  docs: ["docs", "examples"], // npm run docs:test: the code of the docs and the examples, on the build
  shipped: ["packed", "runtimes", "package/exports"], // npm run package: the tarball, and runtimes that are not Node
};

const files = readdirSync(join(import.meta.dirname, "test"), { recursive: true, encoding: "utf8" })
  .map((file) => `test/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".test.ts"));

/** The project of a test file. */
function projectOf(file: string): string {
  const isAmong = (names: readonly string[]): boolean =>
    names.some((name) => file.startsWith(`test/${name}/`) || file === `test/${name}.test.ts`);
  const beside = Object.keys(BESIDE).find((project) => isAmong(BESIDE[project] ?? []));
  return beside ?? (isAmong(ALONE) ? "alone" : "sharing");
}

const everywhere = {
  testTimeout: 30_000,
  hookTimeout: 120_000,
  slowTestThreshold: 10_000, // the rest are one line a file
  expect: { poll: { interval: 10 } },
};

const [servers, build] = ["test/support/servers/on-demand.ts", "test/support/build.ts"];
const PROJECTS: Readonly<Record<string, { isolate?: boolean; globalSetup?: string[] }>> = {
  sharing: { isolate: false, globalSetup: [servers] }, // one process and its modules: saves a start and an import a file
  alone: {},
  outages: { globalSetup: [servers] },
  types: {},
  docs: { globalSetup: [servers, "test/support/chromium.ts", build] },
  shipped: { globalSetup: [build] },
};

const config: ViteUserConfig = defineConfig({
  test: {
    experimental: { fsModuleCache: true }, // a file is compiled when it has changed, not in every run
    maxWorkers: "100%", // vitest leaves a core idle, and many tests wait for servers
    reporters: ["default", "./test/support/progress.ts"],
    projects: Object.entries(PROJECTS).map(([name, own]) => ({
      // By name: an exclude here would put off that of the command line.
      test: { ...everywhere, name, include: files.filter((file) => projectOf(file) === name), ...own },
    })),
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/stores/contract.ts"], // types alone
      reporter: ["text-summary", ["text", { skipFull: true }]],
      // Not held where a server was missing.
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});

export default config;
