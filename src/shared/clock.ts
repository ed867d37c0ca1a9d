/**
 * The machine's clock, in milliseconds since 1970. It looks `Date.now` up at each call, so that fake timers which a test
 * installs later are followed.
 */
export function systemClock(): number {
  return Date.now();
}

/** Milliseconds that pass evenly, whatever becomes of the machine's clock. Only differences of them mean something. */
export function stopwatch(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
