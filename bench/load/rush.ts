import { CREDENTIALS } from "../servers/credentials.ts";
import { onSchedule, percentile } from "./pace.ts";
import { type Pool, poolOf } from "./pool.ts";

/** How a login rush went, for those who logged in and for those who just asked. */
export interface Rush {
  readonly loginsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const LOGINS = 200;
const REQUESTS = { burst: 1, every: 5 };

process.on("message", async (load: { port: number; seconds: number }) => process.send?.(await rush(load)));
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function rush({ port, seconds }: { port: number; seconds: number }): Promise<Rush> {
  const pool = poolOf(port);
  const { access_token } = JSON.parse(await pool.ask(LOGIN)) as { access_token: string };
  let isOver = false;
  const requests = onSchedule(
    () => pool.ask(me(access_token)),
    REQUESTS,
    () => !isOver,
  );
  const loginsPerSecond = await logins(pool, seconds);
  isOver = true;
  const latencies = await requests;
  return {
    loginsPerSecond,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: Math.max(...latencies),
  };
}

/** Everybody at once, and again as soon as the last one is in. */
async function logins(pool: Pool, seconds: number): Promise<number> {
  const start = performance.now();
  let answered = 0;
  let passed = 0;
  while (passed < seconds) {
    await Promise.all(Array.from({ length: LOGINS }, () => pool.ask(LOGIN)));
    answered += LOGINS;
    passed = (performance.now() - start) / 1_000;
  }
  return answered / passed;
}

const BODY = JSON.stringify(CREDENTIALS);
const LOGIN = `POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

function me(token: string): string {
  return `GET /me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
