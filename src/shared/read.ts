/**
 * Reads from an object of the caller. If a getter or a proxy throws, this throws a TypeError with a message of ours.
 */
export function readSafely<T>(owner: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${owner} was given an object that can't be read`, { cause });
  }
}

/** Reads a property of any value, by a symbol of ours or by a name; `undefined` where it can't be read. */
export function readMark(value: unknown, mark: PropertyKey): unknown {
  try {
    return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[mark] : undefined;
  } catch {
    return undefined;
  }
}
