import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../support/compiler.ts";
import { type Block, ROOT, readBlocks, readPages } from "./pages.ts";

interface Outcome {
  readonly printed: string;
  readonly error: string | null;
  readonly ports: readonly number[];
}

const run = promisify(execFile);
// Inside the package, so that its own name resolves to what was built.
const FOLDER = join(ROOT, ".readme");
const ENV = { ...process.env, TOKEN_SECRET: "a secret of thirty-two bytes, or more" };

const BLOCKS = readPages().flatMap(readBlocks);
const isTest = ({ name }: Block): boolean => /\.test\.[tj]s$/.test(name);
const RUN = BLOCKS.filter((block) => !block.words.includes("no-run") && !isTest(block));

const folderOf = ({ page }: Block): string => join(FOLDER, page.replace(/\.md$/, "").replaceAll("/", "-"));
const sourceOf = (block: Block): string => join(folderOf(block), block.name);
const builtOf = (block: Block): string => sourceOf(block).replace(/\.tsx?$/, ".js");

/** The code as Node resolves it: in Next, `@/` is the project's folder, and what is imported has no extension. */
const codeOf = ({ name, code }: Block): string =>
  code.replace(/from "@\/([^"]+)"/g, (_, path: string) => `from "./${relative(dirname(name), path)}.ts"`);

/** What runs is JavaScript: a loader of TypeScript would take a process longer to start than most blocks take to run. */
async function build(block: Block): Promise<void> {
  mkdirSync(dirname(sourceOf(block)), { recursive: true });
  writeFileSync(sourceOf(block), codeOf(block));
  if (builtOf(block) === sourceOf(block)) return;
  const { code } = await transform(codeOf(block), {
    loader: "ts",
    target: "es2022",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, experimentalDecorators: true } },
  });
  writeFileSync(builtOf(block), code.replace(/(from |import |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
}

const outcomes = new Map<string, Promise<Outcome>>();
let runner: ChildProcess;

function startRunner(): void {
  runner = spawn(process.execPath, [join(import.meta.dirname, "run-blocks.mjs"), ...RUN.map(builtOf)], {
    cwd: ROOT,
    env: ENV,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<string, (outcome: Outcome) => void>();
  for (const file of RUN.map(builtOf)) outcomes.set(file, new Promise((resolve) => waiting.set(file, resolve)));
  const lines = createInterface(runner.stdout as NodeJS.ReadableStream);
  lines.on("line", (line) => {
    const { file, ...outcome } = JSON.parse(line) as Outcome & { file: string };
    waiting.get(file)?.(outcome);
  });
  lines.on("close", () => {
    for (const resolve of waiting.values()) resolve({ printed: "", error: "the process ended before this", ports: [] });
  });
}

let compiled: Promise<string>;

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  await Promise.all(BLOCKS.map(build));
  // GraphQL Yoga's types refer to those of the DOM, in which `json()` answers `any`: without it a block for Node could rest on that.
  writeFileSync(join(FOLDER, "without-dom.d.ts"), "export {};\n");
  const paths = { "@whatwg-node/fetch": ["./without-dom.d.ts"] };
  const compilerOptions = { isolatedDeclarations: false, declaration: false, allowJs: true, paths };
  const include = BLOCKS.filter(({ name }) => /\.tsx?$/.test(name)).map(sourceOf);
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include }),
  );
  compiled = compile("-p", FOLDER);
  startRunner();
});

afterAll(() => {
  runner?.stdin?.end();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** What a block says that it prints: `console.log(…); // → that`. */
const promisedBy = ({ code }: Block): string[] =>
  [...code.matchAll(/^console\.log\(.*\/\/ → ([^,\n]*)/gm)].map(([, output = ""]) => output);

describe("the code of the README and the docs", () => {
  it("has a name for every block, once a page", () => {
    expect(BLOCKS.filter(({ name }) => name === "")).toEqual([]);
    const files = BLOCKS.map(sourceOf);
    expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([]);
  });

  it("compiles", { timeout: 120_000 }, async () => {
    expect(await compiled).toBe("");
  });

  for (const block of RUN) {
    it(`runs, and prints what it says: ${block.page} ${block.name}`, { timeout: 120_000 }, async () => {
      const { error, printed } = (await outcomes.get(builtOf(block))) as Outcome;
      expect(error).toBeNull();
      const promised = promisedBy(block);
      if (promised.length > 0) expect(printed.split("\n")).toEqual(promised);
    });
  }

  it("passes, where it is tests", async () => {
    const files = BLOCKS.filter(isTest).map(builtOf);
    expect(files.length).toBeGreaterThan(0);
    const { stdout } = await run(process.execPath, ["--test", ...files], { cwd: ROOT, env: ENV });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(stdout).not.toMatch(/^# tests 0$/m);
  });

  /** Sends JSON, or a token, to what a block serves, and reads the JSON of its answer. */
  const askServer = async (
    block: Block,
    path: string,
    sent: { token?: string; body?: object } = {},
  ): Promise<unknown> => {
    const { ports } = (await outcomes.get(builtOf(block))) as Outcome;
    const answer = await fetch(`http://127.0.0.1:${ports[0]}${path}`, {
      ...(sent.body && { method: "POST", body: JSON.stringify(sent.body) }),
      headers: {
        ...(sent.body && { "Content-Type": "application/json" }),
        ...(sent.token && { Authorization: `Bearer ${sent.token}` }),
      },
    });
    return answer.status === 200 ? answer.json() : answer.status;
  };
  const READER = { login: "reader@example.com", password: "correct horse battery staple" };

  const befores = RUN.filter(({ name }) => name === "before.js");
  it.each(befores)(
    "goes on taking the tokens of what was there before: $page",
    { timeout: 120_000 },
    async (before) => {
      const after = RUN.find(({ page, name }) => page === before.page && name === "server.ts") as Block;
      const takeOver = async (): Promise<unknown> => {
        const { token } = (await askServer(before, "/login", { body: READER })) as { token: string };
        return [await askServer(before, "/me", { token }), await askServer(after, "/me", { token })];
      };
      // Another block of the page has ended all tokens of this user, those of the same second included.
      await expect.poll(takeOver, { timeout: 5_000 }).toMatchObject([{ id: "user-1" }, { id: "user-1" }]);
      const { access_token: token } = (await askServer(after, "/login", { body: READER })) as { access_token: string };
      expect(await askServer(after, "/me", { token })).toMatchObject({ id: "user-1" });
      expect(await askServer(before, "/me", { token: "no.token.atall" })).toBe(401);
    },
  );

  for (const block of RUN.filter(({ page, code }) => /getting-started/.test(page) && /\.listen\(/.test(code))) {
    it(`serves the flow: ${block.page} ${block.name}`, async () => {
      const { access_token: token } = (await askServer(block, "/login", { body: READER })) as { access_token: string };
      expect(await askServer(block, "/me", { token })).toEqual({ id: "user-1" });
      expect(await askServer(block, "/orders", { token })).toEqual({ of: "user-1" });
      expect(await askServer(block, "/logout", { token, body: {} })).toBe(204);
      expect(await askServer(block, "/me", { token })).toBe(401);
    });
  }
});
