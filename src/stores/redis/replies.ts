/** Returns the error for a reply that the command can't have. */
export function createReplyError(): TypeError {
  return new TypeError("Redis replied with what this command can't reply");
}

/** Reads an array of `length` strings, some of which may be `null`. */
export function readStrings(reply: unknown, length: number): readonly (string | null)[] {
  const fits = Array.isArray(reply) && reply.length === length;
  if (!fits || !reply.every((it) => it === null || typeof it === "string")) throw createReplyError();
  return reply as (string | null)[];
}

/** Reads an array of an even number of strings as pairs. */
export function readPairs(reply: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(reply) || !readStrings(reply, reply.length).every((it) => it !== null)) throw createReplyError();
  const strings = reply as string[];
  return strings.flatMap((first, at) => (at % 2 === 0 ? [[first, strings[at + 1] as string] as const] : []));
}

/** Reads a whole number. */
export function readIntegerReply(reply: unknown): number {
  const number = typeof reply === "string" ? Number(reply) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw createReplyError();
  return number;
}

/** Reads a script's 1 or 0. */
export function readBoolean(reply: unknown): boolean {
  const number = readIntegerReply(reply);
  if (number !== 0 && number !== 1) throw createReplyError();
  return number === 1;
}

/** Reads a JSON text. */
export function readJson(reply: unknown): unknown {
  try {
    return JSON.parse(reply as string);
  } catch {
    throw createReplyError();
  }
}
