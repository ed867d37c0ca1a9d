import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The folders whose test files share a process and its modules, which saves a start and an import for each file. */
const SHARING = [
  ...["adapters", "api-keys", "attacks", "authenticator", "core", "events", "guard", "login", "one-time", "properties"],
  ...["remote", "sessions", "shared", "store-calls", "testing", "vectors"],
];

/** The folders of what is shipped: the package as npm packs it, and runtimes that are not Node. */
const SHIPPED = ["packed", "runtimes"];

/** What needs a process of its own: it puts other modules in the place of real ones, or is given a server. */
const ALONE = ["core/keys/runtimes", "core/password/engine", "core/password/work", "login/limiters"].map(
  (name) => `test/${name}.test.ts`,
);

const files = readdirSync(join(import.meta.dirname, "test"), { recursive: true, encoding: "utf8" })
  .map((file) => `test/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".test.ts"));
const isIn = (folders: readonly string[]) => (file: string) => folders.includes(file.split("/")[1] ?? "");
const isSharing = (file: string): boolean => isIn(SHARING)(file) && !ALONE.includes(file);
const isShipped = isIn(SHIPPED);

const everywhere = { testTimeout: 30_000, hookTimeout: 120_000, slowTestThreshold: 10_000 }; // the rest are one line a file

const config: ViteUserConfig = defineConfig({
  test: {
    maxWorkers: "100%", // vitest leaves a core idle, and many tests wait for servers
    reporters: ["default", "./test/support/progress.ts"],
    projects: [
      { test: { ...everywhere, name: "sharing", include: files.filter(isSharing), isolate: false } },
      { test: { ...everywhere, name: "shipped", include: files.filter(isShipped) } },
      {
        test: {
          ...everywhere,
          name: "alone",
          include: files.filter((file) => !isSharing(file) && !isShipped(file)), // by name: an exclude here would put off that of the command line
          globalSetup: ["postgres", "redis"]
            .map((name) => `test/support/servers/${name}.ts`)
            .concat("test/support/chromium.ts"),
        },
      },
    ],
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
