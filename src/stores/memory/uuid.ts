const DASH = 0x2d;
const DASHES = [8, 13, 18, 23] as const;

/** Where the eight groups of four digits begin: two to a word. */
const FIRST = [0, 9, 19, 28] as const;
const SECOND = [4, 14, 24, 32] as const;

/** The value of a digit for every code that a string can have, so that none is taken for another; -1 for all others. */
const DIGITS = new Int8Array(0x1_0000).fill(-1);
for (const digit of "0123456789abcdef") DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/**
 * Reads a UUID as `crypto.randomUUID` writes it, of whatever version: 36 characters, in lower case.
 *
 * @param words - what its 128 bits are written to; of no meaning where the text is no UUID
 * @returns whether the text is a UUID
 */
export function readUuid(text: string, words: Int32Array): boolean {
  if (typeof text !== "string" || text.length !== 36) return false; // who writes no types gives us other things too
  for (const dash of DASHES) if (text.charCodeAt(dash) !== DASH) return false;
  let signs = 0;
  for (let word = 0; word < 4; word += 1) {
    const high = fourDigits(text, FIRST[word]!);
    const low = fourDigits(text, SECOND[word]!);
    signs |= high | low;
    words[word] = (high << 16) | low;
  }
  return signs >= 0;
}

/** Negative, where one of them is none. */
function fourDigits(text: string, at: number): number {
  return (
    (DIGITS[text.charCodeAt(at)]! << 12) |
    (DIGITS[text.charCodeAt(at + 1)]! << 8) |
    (DIGITS[text.charCodeAt(at + 2)]! << 4) |
    DIGITS[text.charCodeAt(at + 3)]!
  );
}

/** A hash of a UUID's words, which all count: some kinds of UUID differ in the first word alone, some in the last. */
export function hashOf(words: Int32Array, at: number): number {
  const mixed =
    Math.imul(words[at]!, 0x9e3779b1) ^
    Math.imul(words[at + 1]!, 0x85ebca77) ^
    Math.imul(words[at + 2]!, 0xc2b2ae3d) ^
    Math.imul(words[at + 3]!, 0x27d4eb2f);
  const hash = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
