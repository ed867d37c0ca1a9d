import { zipf } from "../measure/zipf.ts";
import { flatOut, onSchedule, percentile, type Schedule } from "./pace.ts";
import { poolOf } from "./pool.ts";
import { issueSessions } from "./sessions.ts";

/** What to ask of a server. */
export interface Load {
  readonly port: number;
  /** Tokens of a thousand sessions, some of which ask far more than others, or tokens that nobody has seen before. */
  readonly tokens: "repeated" | "new";
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
const SESSIONS = (await issueSessions(1_000)).map(toRequest);
const VISITS = zipf(SESSIONS.length).map((session) => SESSIONS[session] as string);

process.on("message", async (load: Load) => process.send?.(await serve(load)));
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function serve({ port, tokens, schedule, seconds }: Load): Promise<Served> {
  const pool = poolOf(port);
  const requests = tokens === "repeated" ? VISITS : await newRequests(schedule, seconds);
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

async function newRequests(schedule: Schedule | null, seconds: number): Promise<string[]> {
  if (schedule === null) throw new Error("how many new tokens it takes is known only where there is a schedule");
  const bursts = Math.ceil((seconds * 1_000) / schedule.every) + 1;
  return (await issueSessions(bursts * schedule.burst)).map(toRequest);
}

function toRequest(token: string): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
