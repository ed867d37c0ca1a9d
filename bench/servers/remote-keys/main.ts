// A service that takes the tokens of an issuer, in the way that the first argument names. It says on which port it is. Then it
// is told how far its clock is ahead, and is asked what it has needed since then.
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo } from "node:net";

/** What the service is told, or asked. */
export interface Question {
  /** Milliseconds by which its clock is ahead from now on. Without it, the answer is what it {@link Needed}. */
  readonly ahead?: number;
}

/** What the service has needed since its clock was set. */
export interface Needed {
  /** Requests that it made or tried to make. */
  readonly fetches: number;
  /** The most memory that it had, in MiB above what it had then. */
  readonly mebibytes: number;
}

// aws-jwt-verify fetches by https alone, and the fake issuer has no certificate. All else of its fetcher is as it is.
https.request = http.request as typeof https.request;
syncBuiltinESMExports();

// Every cache in the process sees the same time, whichever clock it goes by.
let ahead = 0;
const { now } = Date;
const { now: passed } = performance;
const { bigint } = process.hrtime;
Date.now = () => now() + ahead;
performance.now = () => passed.call(performance) + ahead;
process.hrtime.bigint = () => bigint() + BigInt(ahead) * 1_000_000n;

const [name = "", issuer = "", jwksUri = ""] = process.argv.slice(2);
const { CONTENDERS } = await import("./contenders.ts"); // after the clock was replaced
const server = await (CONTENDERS[name] as (typeof CONTENDERS)[string])({ issuer, jwksUri });
server.listen(0, "127.0.0.1");
await once(server, "listening");

let fetches = 0;
for (const channel of ["undici:request:create", "http.client.request.start"]) subscribe(channel, () => fetches++);

let before = 0;
process.on("message", (question: Question) => {
  if (question.ahead === undefined) {
    process.send?.({ fetches, mebibytes: readPeak() - before } satisfies Needed);
    return;
  }
  ahead = question.ahead;
  fetches = 0;
  writeFileSync("/proc/self/clear_refs", "5"); // the peak is counted from here
  before = process.memoryUsage.rss() / 2 ** 20;
  process.send?.("ready");
});
process.on("disconnect", () => process.exit());
process.send?.((server.address() as AddressInfo).port);

/** The most memory that this process had, in MiB (Linux, proc(5)). */
function readPeak(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}
