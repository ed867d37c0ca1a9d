import { zipf } from "../measure/zipf.ts";
import { flatOut, onSchedule, percentile, type Schedule } from "./pace.ts";
import { poolOf } from "./pool.ts";
import { issueSessions } from "./sessions.ts";

/** What to ask of a server. */
export interface Load {
  readonly port: number;
  /**
   * Tokens of a thousand sessions, some of which ask far more than others, or tokens that nobody has seen before. A list
   * is of lines for the header of a request, which are sent as the tokens of sessions are.
   */
  readonly tokens: "repeated" | "new" | readonly string[];
  /** `null` for as fast as it is answered. */
  readonly schedule: Schedule | null;
  readonly seconds: number;
}

/** How that went. */
export interface Served {
  readonly requests: number;
  readonly seconds: number;
  readonly p99: number;
}

const CLIENTS = 50;
const VISITS = visit((await issueSessions(1_000)).map(toLine));

process.on("message", async (load: Load) => process.send?.(await serve(load)));
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function serve({ port, tokens, schedule, seconds }: Load): Promise<Served> {
  const pool = poolOf(port);
  const requests = await requestsOf(tokens, schedule, seconds);
  let asked = 0;
  const ask = () => pool.ask(requests[asked++ % requests.length] as string);

  const start = performance.now();
  const latencies =
    schedule === null
      ? await flatOut(ask, CLIENTS, seconds)
      : await onSchedule(ask, schedule, () => performance.now() < start + seconds * 1_000);
  return {
    requests: latencies.length,
    seconds: (performance.now() - start) / 1_000,
    p99: percentile(latencies, 0.99),
  };
}

async function requestsOf(
  tokens: Load["tokens"],
  schedule: Schedule | null,
  seconds: number,
): Promise<readonly string[]> {
  if (tokens === "repeated") return VISITS;
  return tokens === "new" ? newRequests(schedule, seconds) : visit(tokens);
}

async function newRequests(schedule: Schedule | null, seconds: number): Promise<string[]> {
  if (schedule === null) throw new Error("how many new tokens it takes is known only where there is a schedule");
  const bursts = Math.ceil((seconds * 1_000) / schedule.every) + 1;
  return (await issueSessions(bursts * schedule.burst)).map(toLine).map(toRequest);
}

/** Requests with these lines, by Zipf's law. */
function visit(lines: readonly string[]): readonly string[] {
  const requests = lines.map(toRequest);
  return zipf(requests.length).map((session) => requests[session] as string);
}

function toLine(token: string): string {
  return `Authorization: Bearer ${token}`;
}

function toRequest(line: string): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${line}\r\n\r\n`;
}
