import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestProject } from "vitest/node";
import { skipWithout } from "./servers/provide.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The program of a Chromium; `null` where there is none. */
    chromium: string | null;
  }
}

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Tells the tests where Chromium is: the one that `TEST_CHROMIUM` names, or the first on the path. */
export default function setup(project: TestProject): (() => Promise<void>) | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const programs = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const chromium = process.env.TEST_CHROMIUM ?? programs.find((program) => existsSync(program)) ?? null;
  project.provide("chromium", chromium);
  if (chromium !== null) return undefined;
  return skipWithout("Chromium", "apt-get install chromium, or set TEST_CHROMIUM", new Error("Chromium is missing"));
}
