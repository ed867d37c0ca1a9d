import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { APPS } from "../adapters/apps.ts";
import { bundleFixture } from "../support/fixture.ts";

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

const FIXTURE = await bundleFixture(join(import.meta.dirname, "promises.ts"));

describe.concurrent.each(["native", "zone.js", "foreign"])("with the Promise that is %s", (promise) => {
  it("every framework answers as ever", async () => {
    const printed = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [FIXTURE, promise], (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr));
      });
    });
    expect(JSON.parse(printed)).toEqual(Object.fromEntries(Object.keys(APPS).map((name) => [name, EXPECTED])));
  });
});
