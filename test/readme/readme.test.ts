import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthError, type AuthErrorCode } from "../../src/core/errors.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
// Inside the package, so that its own name resolves to what was built.
const FOLDER = join(ROOT, ".readme");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const BLOCKS = [...README.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", code = ""]) => ({
  name,
  code,
}));
const SERVERS = ["express-app.ts", "koa-app.ts", "fastify-app.ts"];
const ENV = {
  ...process.env,
  TOKEN_SECRET: "a secret of thirty-two bytes, or more",
  TSX_TSCONFIG_PATH: join(FOLDER, "tsconfig.run.json"),
};

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  for (const { name, code } of BLOCKS) writeFileSync(join(FOLDER, name), code);
  copyFileSync(join(import.meta.dirname, "preload.mjs"), join(FOLDER, "preload.mjs"));
  const compilerOptions = { isolatedDeclarations: false, declaration: false };
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: ["*.ts"] }),
  );
  writeFileSync(join(FOLDER, "tsconfig.run.json"), "{}");
});

afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

describe("the README's code", () => {
  it("has a name for every block", () => {
    expect(BLOCKS.length).toBe(README.match(/^```(?:ts|js|typescript|javascript)\b/gm)?.length);
  });

  it("compiles", async () => {
    const { stdout } = await run("npx", ["tsc", "-p", FOLDER], { cwd: ROOT }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  });

  it.each(BLOCKS.filter(({ name }) => !SERVERS.includes(name)))(
    "runs and prints what it says: $name",
    async ({ name, code }) => {
      const { stdout } = await run(process.execPath, ["--import", "tsx", join(FOLDER, name)], { cwd: ROOT, env: ENV });
      const promised = [...code.matchAll(/^console\.log\(.*\/\/ → ([^,\n]*)/gm)].map(([, output]) => output);
      if (promised.length > 0) expect(stdout.trimEnd().split("\n")).toEqual(promised);
    },
  );

  it.each(SERVERS)("serves the flow: %s", async (name) => {
    const args = ["--import", "tsx", "--import", join(FOLDER, "preload.mjs"), join(FOLDER, name)];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: ENV, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const origin = `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`;
      const body = JSON.stringify({ login: "reader@example.com", password: "correct horse battery staple" });
      const login = await fetch(`${origin}/login`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      const { access_token } = (await login.json()) as { access_token: string };
      const headers = { Authorization: `Bearer ${access_token}` };
      expect(await (await fetch(`${origin}/me`, { headers })).json()).toEqual({ id: "user-1" });
      expect(await (await fetch(`${origin}/orders`, { headers })).json()).toEqual({ of: "user-1" });
      expect((await fetch(`${origin}/logout`, { method: "POST", headers })).status).toBe(204);
      expect((await fetch(`${origin}/me`, { headers })).status).toBe(401);
    } finally {
      child.kill();
    }
  });
});

describe("the README's tables", () => {
  const rows = [...README.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.*?) \|/gm)].map(
    ([, code = "", status = "", challenge = ""]) => ({
      code,
      status: Number(status),
      challenge,
    }),
  );

  it.each(rows)("tell how $code is answered", ({ code, status, challenge }) => {
    const error = new AuthError(code as AuthErrorCode);
    expect(error.status).toBe(status);
    const sent = error.headers["WWW-Authenticate"];
    const said = /`(?:Bearer )?([^`]*?)(?:, scope="…")?`/.exec(challenge)?.[1] ?? "";
    if (challenge.startsWith("none")) expect(sent).toBeUndefined();
    else expect(sent).toContain(said);
    const retryAfter = /Retry-After: (\d+)/.exec(challenge)?.[1];
    expect(error.headers["Retry-After"]).toBe(retryAfter);
  });

  it("lists every code", () => {
    const source = readFileSync(join(ROOT, "src/core/errors.ts"), "utf8");
    const codes = [...source.matchAll(/^ {2}(\w+): \{ *\n? *status/gm)].map(([, code]) => code);
    expect(rows.map(({ code }) => code)).toEqual(codes);
  });
});
