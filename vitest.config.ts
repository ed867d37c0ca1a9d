import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    slowTestThreshold: 10_000, // the rest are one line a file
    hookTimeout: 120_000,
    maxWorkers: "100%", // vitest leaves a core idle, and many tests wait for servers
    reporters: ["default", "./test/support/progress.ts"],
    globalSetup: ["test/support/servers/postgres.ts", "test/support/servers/redis.ts", "test/support/chromium.ts"],
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
