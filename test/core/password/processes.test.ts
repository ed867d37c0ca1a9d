import { execFile } from "node:child_process";
import crypto from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";
import { bundleFixture } from "../../support/fixture.ts";
import { MISSING } from "./missing-addon.ts";

const root = join(import.meta.dirname, "../../..");
const hasher = createPasswordHasher({ memoryCost: 64, timeCost: 1, pepper: new Uint8Array(16).fill(7) });
const permission = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

/** What a program prints, as JSON. */
async function run(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

describe("a process of its own", () => {
  let drawing: string;
  let program: string;
  let foreign: string;

  // The packages as they are installed with --omit=optional, or on another platform.
  beforeAll(async () => {
    const bundle = (name: string): Promise<string> => bundleFixture(join(import.meta.dirname, name));
    [drawing, program] = await Promise.all([bundle("drawing.ts"), bundle("without-addon.ts")]);
    foreign = await mkdtemp(join(tmpdir(), "hallpass-foreign-"));
    await cp(join(root, "node_modules/@node-rs/argon2"), join(foreign, "node_modules/@node-rs/argon2"), {
      recursive: true,
    });
    await cp(dirname(program), join(foreign, "program"), { recursive: true });
  });
  afterAll(() => rm(foreign, { recursive: true }));

  it.concurrent("draws no randomness while hallpass loads, only when a password is compared", async () => {
    expect(await run(drawing)).toEqual({ loading: [], comparing: expect.arrayContaining(["randomBytes"]) });
  });

  it.concurrent.each<readonly [string, readonly string[], () => string]>([
    ["--no-addons", ["--no-addons"], () => program],
    ["--permission", [permission, "--allow-fs-read=*"], () => program],
    ["want of the platform's package", [], () => join(foreign, "program", basename(program))],
  ])("that can't load the addon for %s hashes by the runtime, or says what to do", async (_why, flags, script) => {
    const outcome = await run(...flags, script(), await hasher.hash("correct horse"));
    if ("argon2" in crypto) {
      expect(outcome).toMatchObject({ ready: "crypto.argon2", good: true, bad: false });
      expect(await hasher.compare("correct horse", outcome.hash as string)).toBe(true);
      return;
    }
    const message = expect.stringMatching(MISSING);
    expect(outcome.ready).toEqual({ code: null, message });
    const { hash, good, bad } = outcome;
    expect([hash, good, bad]).toEqual(Array(3).fill({ code: "unavailable", message }));
  });
});
