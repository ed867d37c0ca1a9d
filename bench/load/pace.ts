import { setTimeout as sleep } from "node:timers/promises";

/** Does something that is waited for. */
type Ask = () => Promise<unknown>;

/** Clients that ask again as soon as they are answered. Gives the latencies, in milliseconds. */
export async function flatOut(ask: Ask, clients: number, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1_000;
  const client = async () => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      await ask();
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return latencies;
}

/** So many at once, every so many milliseconds. */
export interface Schedule {
  readonly burst: number;
  readonly every: number;
}

/**
 * Asks on schedule, whatever the answers do, for as long as it is to go on. Gives the latencies, in milliseconds from when
 * each request was due: whoever keeps the next one waiting pays for it.
 */
export async function onSchedule(ask: Ask, { burst, every }: Schedule, goesOn: () => boolean): Promise<number[]> {
  const answers: Promise<number>[] = [];
  const askOnce = async (due: number) => {
    await ask();
    return performance.now() - due;
  };
  for (let due = performance.now(); goesOn(); due += every) {
    if (performance.now() < due) await sleep(due - performance.now());
    for (let each = 0; each < burst; each += 1) answers.push(askOnce(due));
  }
  return Promise.all(answers);
}

/** The latency that a share of all requests stays under. */
export function percentile(latencies: readonly number[], share: number): number {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] as number;
}
