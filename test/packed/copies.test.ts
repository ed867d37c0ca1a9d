import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { install, run } from "./packed.ts";

/** What one copy does with what another one made: the same as one copy alone. */
const OUTCOMES: Readonly<Record<string, unknown>> = {
  "a login with the credential of a cookie": [200, "__Host-access", 403],
  "two credentials for guards of anyOf": "invalid_request",
  "an endpoint that every user could ask": [true, true, true],
  "introspection of a bound token": [true, true],
  "revocation while the users are down": 200,
  "two guards of one route that see one proof": [200, 401],
  "the log of an outage that was answered already": [503, ["unavailable"]],
  "a token that is known at once": "user-1",
};
const MIXES = ["ESM and ESM", "ESM and CommonJS", "CommonJS and ESM"];

let folder: string;
let outcomes: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  ({ folder } = await install(["jose", "@node-rs"]));
  const script = join(folder, "two-copies.mjs");
  copyFileSync(join(import.meta.dirname, "two-copies.mjs"), script);
  const { stdout } = await run(process.execPath, [script], { cwd: folder, timeout: 60_000 });
  outcomes = JSON.parse(stdout);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(MIXES)("two copies of the package, %s, of which the first makes what the second is given", (mix) => {
  it.each(Object.entries(OUTCOMES))("answer as one: %s", (what, outcome) => {
    expect(outcomes[mix]?.[what]).toEqual(outcome);
  });

  it("are asked nothing else", () => {
    expect(Object.keys(outcomes[mix] ?? {})).toEqual(Object.keys(OUTCOMES));
  });
});
