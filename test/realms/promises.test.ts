import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundleFixture } from "../support/fixture.ts";
import { THOROUGH } from "../support/thorough.ts";

const ME = '200 {"id":"user-1","same":true}';
const SOMEONE = '200 {"id":"someone","same":true}';
const EXPECTED = {
  "logged in": ME,
  nobody: "401",
  "nobody, optional": '200 {"personal":false}',
  "blocklist down": "503",
  "blocklist down, optional": "503",
  logout: "204",
  "logged out": "401",
  "logged out, optional": "401",
  "logged out, a scope": "401",
  "by the thread pool": `${ME}, forged: 401`,
  "by a schema": `${ME}, forged: 401`,
  "own guard, thenable": `${SOMEONE}, optional: 200 {"personal":true}`,
  "own guard, promise of null": '500, optional: 200 {"personal":false}',
  "own guard, async": `${SOMEONE}, optional: 200 {"personal":true}`,
};

/** The names of the applications, which only the fixture loads. */
const FRAMEWORKS = ["Express 5", "Express 4", "Koa 3", "Koa 2", "Fastify 5", "Fetch", "node:http"];

/** The native one is what all other tests of the frameworks have. */
const PROMISES = [...(THOROUGH ? ["native"] : []), "zone.js", "foreign"];

const FIXTURE = await bundleFixture(join(import.meta.dirname, "promises.ts"));

describe.concurrent.each(PROMISES)("with the Promise that is %s", (promise) => {
  it("every framework answers as ever", async () => {
    const printed = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [FIXTURE, promise], (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr));
      });
    });
    expect(JSON.parse(printed)).toEqual(Object.fromEntries(FRAMEWORKS.map((name) => [name, EXPECTED])));
  });
});
