#!/usr/bin/env node
/**
 * The program `npx hallpass`. It is no part of what is imported.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { runCommand } from "./cli/run.ts";
import { ignore } from "./shared/listener.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

process.stdout.on("error", ignore); // a reader such as `head` may be gone
process.exitCode = await runCommand(process.argv.slice(2), process, version);
