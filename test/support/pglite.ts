import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { CACHE } from "./cache.ts";

const MODULES = join(import.meta.dirname, "../../node_modules");
const { version } = JSON.parse(readFileSync(join(MODULES, "@electric-sql/pglite/package.json"), "utf8"));
const EMPTY = join(CACHE, `pglite-${version}.tar`);

/**
 * Opens an empty PGlite, in a new folder or in memory. To create one takes seconds, so that an empty one is kept as a file,
 * and loaded.
 */
export async function openPglite(folder = "memory://"): Promise<PGlite> {
  if (!existsSync(EMPTY)) await keepEmpty();
  const { buffer } = readFileSync(EMPTY);
  // A real Blob copies its forty megabytes twice, piece by piece.
  const loadDataDir = Object.assign(new Blob([]), { arrayBuffer: async () => buffer as ArrayBuffer });
  return PGlite.create(folder, { loadDataDir });
}

async function keepEmpty(): Promise<void> {
  const created = await PGlite.create();
  const dump = await created.dumpDataDir("none");
  await created.close();
  mkdirSync(CACHE, { recursive: true });
  const own = `${EMPTY}.${process.pid}`; // several processes may come here at once
  writeFileSync(own, new Uint8Array(await dump.arrayBuffer()));
  renameSync(own, EMPTY);
}
