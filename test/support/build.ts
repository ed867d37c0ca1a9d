import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Builds the package, unless nothing that it is made of has changed since. */
export default function setup(): void {
  const sources = ["package.json", "tsconfig.json", "entries.ts", "tsup.config.ts", ...listFiles("src")].map(changedAt);
  const built = listFiles("dist").map(changedAt);
  if (built.length > 0 && Math.max(...sources) < Math.min(...built)) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: "inherit" });
}

function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch {
    return []; // it is not there
  }
}

const changedAt = (file: string): number => statSync(resolve(ROOT, file)).mtimeMs;
