/**
 * Gives each of them a turn a round, in another order each time, so that a machine that slows down slows them all. The
 * round before the first warms up, and what it gives is not kept.
 */
export async function byTurns<Sample>(
  rounds: number,
  all: Iterable<string>,
  turn: (name: string) => Promise<Sample>,
): Promise<Map<string, Sample[]>> {
  const names = [...all];
  const samples = new Map(names.map((name) => [name, [] as Sample[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + round + 1) % names.length] as string;
      const sample = await turn(name);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}
