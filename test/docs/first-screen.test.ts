import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { install } from "../packed/packed.ts";
import { ROOT } from "./pages.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");
const [, code = ""] = /^```js\n([\s\S]*?)^```$/m.exec(README) ?? [];
const [creating = "", starting = "", asking = ""] = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  ([, it]) => it,
);

let folder: string;
let port: number;
let server: ChildProcess;

const here = (text: string): string => text.replaceAll("3000", String(port));

beforeAll(async () => {
  ({ folder } = await install(["@node-rs", "jose", "express"]));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  port = (probe.address() as AddressInfo).port;
  probe.close();
  execFileSync("npm", ["init", "-y"], { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "index.mjs"), here(code));
  server = spawn("bash", ["-c", starting], { cwd: folder, stdio: ["ignore", "ignore", "inherit"], detached: true });
  for (let tries = 0; tries < 200; tries += 1) {
    const up = await fetch(`http://localhost:${port}/me`).catch(() => null);
    if (up !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

afterAll(() => {
  if (server.pid !== undefined) process.kill(-server.pid);
  rmSync(folder, { recursive: true, force: true });
});

it("begins in a folder as npm makes it", () => {
  expect(creating).toContain("npm init -y && npm install hallpass express");
  expect(code).toMatch(/^\/\/ index\.mjs\n/);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).type).not.toBe("module");
});

it("answers the README's two calls as the README says", () => {
  const [login = "", me = ""] = asking.split("\n\n");
  const answerIn = (text: string): string | undefined => /^# (.*)$/m.exec(text)?.[1];
  const ask = (command: string, env = {}): Record<string, unknown> =>
    JSON.parse(execFileSync("bash", ["-c", here(command)], { env: { ...process.env, ...env }, encoding: "utf8" }));
  const tokens = ask(login);
  expect(JSON.stringify({ ...tokens, access_token: "eyJ…" })).toBe(answerIn(login));
  expect(JSON.stringify(ask(me, { ACCESS_TOKEN: tokens.access_token }))).toBe(answerIn(me));
  expect(JSON.stringify(ask(me, { ACCESS_TOKEN: `${tokens.access_token}x` }))).toContain("invalid_token");
});
