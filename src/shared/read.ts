/** Reads from an object of the caller. Throws a TypeError of ours where a getter or a proxy throws. */
export function readSafely<T>(owner: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${owner} was given an object that can't be read`, { cause });
  }
}

/** Returns what an object has under a symbol of ours, or a name; `undefined` where it can't be read. */
export function readMark(value: unknown, mark: PropertyKey): unknown {
  try {
    return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[mark] : undefined;
  } catch {
    return undefined;
  }
}
