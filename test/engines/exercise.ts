/** What any engine must pass: run by run.ts, which has the servers that it needs. */
import { adapters } from "./adapters.ts";
import { algorithms } from "./algorithms.ts";
import { DATABASES } from "./databases.ts";
import { engine } from "./lacking.ts";
import { mutants } from "./mutants.ts";
import { type Parts, runPart } from "./part.ts";

const PARTS: Parts = { algorithms, mutants, adapters, ...DATABASES };

console.log(engine());
let failures = 0;
for (const [name, part] of Object.entries(PARTS)) failures += await runPart(name, part);
process.exitCode = failures === 0 ? 0 : 1;
