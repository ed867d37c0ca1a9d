import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const ROOT: string = join(import.meta.dirname, "../..");
export const run: typeof execFile.__promisify__ = promisify(execFile);

/** Packs the package as it was built, and installs it in a folder of its own as npm does, beside what it `needs`. */
export async function install(needs: readonly string[]): Promise<{ folder: string; tarball: string }> {
  const folder = mkdtempSync(join(tmpdir(), "hallpass-"));
  const packing = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", packing, { cwd: ROOT });
  const tarball = join(folder, stdout.trim());
  const target = join(folder, "node_modules/hallpass");
  mkdirSync(target, { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  mkdirSync(join(folder, "node_modules/.bin"));
  symlinkSync("../hallpass/dist/cli.js", join(folder, "node_modules/.bin/hallpass"));
  for (const name of needs) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  return { folder, tarball };
}
