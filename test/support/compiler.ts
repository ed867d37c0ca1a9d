import { execFile } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(ROOT, "node_modules/typescript7/bin/tsc");

/**
 * What TypeScript complains of. It is the native compiler, version 7, which needs a third of the time; `npm run types` holds
 * the same declarations against version 6.
 */
export function compile(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, ...args], { cwd: ROOT, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const isSilent = error !== null && stdout + stderr === "";
      resolve(isSilent ? error.message : stdout + stderr);
    });
  });
}
