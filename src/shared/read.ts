/** Looks into an object of the caller's. What a getter or a proxy of theirs throws is refused in our words. */
export function reading<T>(owner: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${owner} was given an object that can't be read`, { cause });
  }
}

/** What a value has under a symbol of ours: nothing, where it is no object, or one that won't be looked into. */
export function markOf(value: unknown, mark: symbol): unknown {
  try {
    return typeof value === "object" && value !== null ? (value as Record<symbol, unknown>)[mark] : undefined;
  } catch {
    return undefined;
  }
}
