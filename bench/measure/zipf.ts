/**
 * An order of visits in which the nth of so many comes 1/n as often as the first, as with the sessions of an application.
 * The same each time.
 */
export function zipf(length: number): number[] {
  const random = mulberry32(1);
  const sums: number[] = [];
  for (let rank = 1; rank <= length; rank += 1) sums.push((sums.at(-1) ?? 0) + 1 / rank);
  return Array.from({ length: 65_536 }, () => {
    const point = random() * (sums.at(-1) as number);
    return sums.findIndex((sum) => sum > point);
  });
}

/** Numbers from 0 to 1 that look random and never differ from run to run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
