const DASH = 0x2d;
const DASHES = [8, 13, 18, 23] as const;

/** Where the groups of four digits begin: word n is made of the group at HIGH[n] and the one at LOW[n]. */
const HIGH = [0, 9, 19, 28] as const;
const LOW = [4, 14, 24, 32] as const;

/** The value of each UTF-16 code as a lower-case hex digit; -1 where it is none. */
const DIGITS = new Int8Array(0x1_0000).fill(-1);
for (const digit of "0123456789abcdef") DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/**
 * Parses a UUID of any version in the spelling of `crypto.randomUUID`: 36 characters, lower case.
 *
 * @param words - receives the 128 bits; holds nothing of use where the text is not a UUID
 * @returns whether the text is a UUID
 */
export function parseUuid(text: string, words: Int32Array): boolean {
  if (typeof text !== "string" || text.length !== 36) return false; // callers without types pass other values too
  for (const dash of DASHES) if (text.charCodeAt(dash) !== DASH) return false;
  let signs = 0;
  for (let word = 0; word < 4; word += 1) {
    const high = parseDigits(text, HIGH[word]!);
    const low = parseDigits(text, LOW[word]!);
    signs |= high | low;
    words[word] = (high << 16) | low;
  }
  return signs >= 0;
}

/** Parses four digits. The result is negative where one of the characters is no digit. */
function parseDigits(text: string, at: number): number {
  return (
    (DIGITS[text.charCodeAt(at)]! << 12) |
    (DIGITS[text.charCodeAt(at + 1)]! << 8) |
    (DIGITS[text.charCodeAt(at + 2)]! << 4) |
    DIGITS[text.charCodeAt(at + 3)]!
  );
}

/** Hashes a UUID. All four words count, since some UUIDs differ only in the first word and others only in the last. */
export function hashUuid(words: Int32Array, at: number): number {
  const mixed =
    Math.imul(words[at]!, 0x9e3779b1) ^
    Math.imul(words[at + 1]!, 0x85ebca77) ^
    Math.imul(words[at + 2]!, 0xc2b2ae3d) ^
    Math.imul(words[at + 3]!, 0x27d4eb2f);
  const hash = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
