/**
 * Gives each of them a turn a round, in an order of chance, so that a machine that slows down slows them all, and nobody
 * always comes after the same one. The round before the first warms up, and what it gives is not kept.
 */
export async function byTurns<Sample>(
  rounds: number,
  all: Iterable<string>,
  turn: (name: string) => Promise<Sample>,
): Promise<Map<string, Sample[]>> {
  const names = [...all];
  const samples = new Map(names.map((name) => [name, [] as Sample[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      const sample = await turn(name);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

function shuffled<T>(items: readonly T[]): T[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ item }) => item);
}
