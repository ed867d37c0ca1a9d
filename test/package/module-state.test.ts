import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"))
  .sort();

/**
 * What a module keeps for as long as it lives: what it knows of objects, a symbol that no other copy has, and variables.
 * A second copy of the package has none of it.
 */
const STATE = /^(?:export )?(?:let (\w+)|const (\w+)(?:: [^=]+)? = (?:\/\*.*?\*\/ )?(?:new Weak|Symbol\())/gm;

/** The state whose loss takes no check away, and what another copy does without it. */
const HARMLESS: Readonly<Record<string, string>> = {
  "adapters/body.ts: BROKEN": "nothing: it does not leave the file",
  "adapters/nest/module.ts: MADE": "nothing: the module that has it provides it",
  "api-keys/create.ts: settingsByKeys": "waits for verify",
  "core/password/argon2.ts: loading": "loads the engine",
  "core/password/argon2.ts: loaded": "loads the engine",
  "core/token/template.ts: templates": "writes the template",
  "login/refusals.ts: reported": "nothing: the steps of a login are of one copy",
  "login/verify-password.ts: keptProofs": "throws a TypeError",
  "stores/sqlite/writer.ts: WRITERS": "waits for the other's transactions",
  "testing/issuer/answer.ts: lastPacked": "packs the body",
};

it("no module keeps what another copy of the package must know", () => {
  const kept = FILES.flatMap((file) =>
    [...readFileSync(join(SRC, file), "utf8").matchAll(STATE)].map(([, one, other]) => `${file}: ${one ?? other}`),
  );
  expect(kept).toEqual(Object.keys(HARMLESS));
});
