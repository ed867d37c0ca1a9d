import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";
import { install, run } from "./packed.ts";

interface Job {
  readonly entry: string;
  readonly folder: string;
  readonly out: string;
  /** What stays outside of the bundle. */
  readonly external: string[];
}

/** Every bundler as its users have it, with no setting but where the files are, and what stays outside. */
const BUNDLERS: Record<string, (job: Job) => Promise<unknown>> = {
  "esbuild, to ESM": ({ entry, out, external }) =>
    esbuild({
      entryPoints: [entry],
      bundle: true,
      platform: "node",
      format: "esm",
      minify: true,
      outfile: join(out, "main.mjs"),
      external,
    }),
  "esbuild, to CommonJS": ({ entry, out, external }) =>
    esbuild({ entryPoints: [entry], bundle: true, platform: "node", outfile: join(out, "main.cjs"), external }),
  "webpack, to CommonJS": (job) => pack(job, { filename: "main.cjs" }),
  "webpack, to ESM": (job) => pack(job, { filename: "main.mjs", module: true }),
  rollup: async ({ entry, out, external }) => {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve()], external });
    await bundle.write({ dir: out, entryFileNames: "main.mjs" });
  },
  rolldown: async ({ entry, out, external }) => {
    const bundle = await rolldown({ input: entry, platform: "node", external });
    await bundle.write({ dir: out, entryFileNames: "main.mjs" });
  },
  "Vite, with noExternal": ({ entry, folder, out, external }) =>
    vite({
      root: folder,
      configFile: false,
      logLevel: "silent",
      ssr: { noExternal: true, external },
      build: { ssr: entry, outDir: out, rolldownOptions: { output: { entryFileNames: "main.mjs" } } },
    }),
};

function pack({ entry, out, external }: Job, output: { filename: string; module?: boolean }): Promise<void> {
  const externals = Object.fromEntries(external.map((name) => [name, `node-commonjs ${name}`]));
  const outputModule = output.module === true;
  return new Promise((resolve, reject) => {
    webpack(
      {
        mode: "production",
        target: "node",
        entry,
        externals,
        output: { path: out, ...output },
        experiments: { outputModule },
      },
      (error, stats) => {
        if (error !== null || stats?.hasErrors() !== false) reject(error ?? new Error(stats?.toString()));
        else resolve();
      },
    );
  });
}

const TOKENS = `
import { createGuard, defineToken, generateKey, importKey, isAuthError, issueToken, keyRing, publicJwks, secretKey } from "hallpass/tokens";
import { requireAuth } from "hallpass/fetch";
async function main() {
  const keys = keyRing(await importKey(await generateKey("ES256")), secretKey(new Uint8Array(32)));
  const token = defineToken({ keys, issuer: "me", audience: "you" });
  const guard = createGuard({ token });
  const headers = { Authorization: "Bearer " + (await issueToken({ sub: "user-1" }, token)) };
  const handler = requireAuth(guard)((request, identity) => new Response(identity.userId));
  const answer = await handler(new Request("http://localhost/", { headers }));
  const refused = await guard.authenticate("Bearer x").catch((error) => isAuthError(error) && error.code);
  return [await answer.text(), refused, publicJwks(keys).keys.length];
}
main().then((outcome) => console.log(JSON.stringify(outcome)));`;

const MAIN = `
import { comparePassword, createAuthenticator, defineToken, hashPassword, importKey, generateKey } from "hallpass";
import { memoryBlocklist, memoryUsers } from "hallpass/stores/memory";
async function main() {
  const token = defineToken({ keys: await importKey(await generateKey("ES256")), issuer: "me", audience: "you" });
  const passwordHash = await hashPassword("correct horse");
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash, user: { id: "user-1" } });
  const auth = createAuthenticator({ token, users, blocklist: memoryBlocklist() });
  const { accessToken } = await auth.login({ login: "reader", password: "correct horse" });
  const identity = await auth.authenticate("Bearer " + accessToken);
  return [identity.userId, await comparePassword("x", passwordHash)];
}
main().then((outcome) => console.log(JSON.stringify(outcome)));`;

let folder: string;
const ELSEWHERE = mkdtempSync(join(tmpdir(), "hallpass-bundled-"));

beforeAll(async () => {
  ({ folder } = await install(["jose", "@node-rs"]));
  writeFileSync(join(folder, "tokens.js"), TOKENS);
  writeFileSync(join(folder, "main.js"), MAIN);
});

afterAll(() => {
  for (const made of [folder, ELSEWHERE]) rmSync(made, { recursive: true, force: true });
});

/** Bundles an entry, and runs what comes of it at a place where only `beside` is installed. */
async function bundleAndRun(bundler: string, entry: string, external: string[], beside: string[]): Promise<unknown> {
  const out = join(ELSEWHERE, `${entry} ${bundler}`);
  mkdirSync(out);
  await BUNDLERS[bundler]?.({ entry: join(folder, `${entry}.js`), folder, out, external });
  for (const name of beside)
    cpSync(join(folder, "node_modules", name), join(out, "node_modules", name), { recursive: true });
  const file = bundler.endsWith("CommonJS") ? "main.cjs" : "main.mjs";
  const { stdout } = await run(process.execPath, [join(out, file)], { cwd: out });
  return JSON.parse(stdout);
}

describe.each(Object.keys(BUNDLERS))("%s", (bundler) => {
  it("takes hallpass/tokens as it is, and the bundle needs nothing else", { timeout: 120_000 }, async () => {
    expect(await bundleAndRun(bundler, "tokens", [], [])).toEqual(["user-1", "invalid_token", 1]);
  });

  it("takes hallpass with the native addon left outside", { timeout: 120_000 }, async () => {
    expect(await bundleAndRun(bundler, "main", ["@node-rs/argon2"], ["@node-rs"])).toEqual(["user-1", false]);
  });
});
