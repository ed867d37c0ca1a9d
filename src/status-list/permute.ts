import { createHmac } from "node:crypto";

/** Four rounds make a permutation that nobody can tell from a random one without the seed (Luby and Rackoff). */
const ROUNDS = 4;

/**
 * Maps a number by a permutation of the numbers below `size`: a Feistel network whose rounds are HMACs, applied until
 * the result is below `size` (cycle walking). So consecutive places are scattered over a list, and a place shows
 * neither when it was given out nor how many were (draft-ietf-oauth-status-list-21 §12.5).
 *
 * @param seed - whoever knows it knows the permutation
 */
export function permute(seed: string, size: number, number: number): number {
  const halfBits = Math.max(Math.ceil(Math.log2(size) / 2), 1);
  let found = number;
  do found = applyRounds(seed, halfBits, found);
  while (found >= size);
  return found;
}

function applyRounds(seed: string, halfBits: number, number: number): number {
  const half = 2 ** halfBits;
  let [left, right] = [Math.floor(number / half), number % half];
  for (let round = 0; round < ROUNDS; round += 1) {
    const mixed = createHmac("sha256", seed).update(`${halfBits} ${round} ${right}`).digest().readUInt32BE() % half;
    [left, right] = [right, left ^ mixed];
  }
  return left * half + right;
}
