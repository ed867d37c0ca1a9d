const EVERY_MS = 20;
let lag = 0;
let expected = 0;

/** Begins to measure how late the timers of this process are, and hands back what stops it. */
export function measureLag(): () => void {
  expected = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag += Math.max(0, now - expected);
    expected = now + EVERY_MS;
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/**
 * How late the timers of this process have been, in all, in milliseconds. A time limit can only be kept by a timer: on a
 * machine that has too much to do, an answer is late by what was added to this meanwhile, whatever the code does.
 */
export function readLag(): number {
  return lag + Math.max(0, performance.now() - expected);
}
