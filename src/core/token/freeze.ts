type JsonObject = Record<string, unknown>;

/**
 * Freezes a value that JSON.parse made, and all values in it. It loops, since JSON can be nested deeper than the stack
 * of calls.
 */
export function freezeDeep<T extends object>(root: T): T {
  const pending: JsonObject[] = [];
  for (let value: JsonObject | undefined = root as JsonObject; value !== undefined; value = pending.pop()) {
    Object.freeze(value);
    for (const name in value) {
      const part = value[name];
      if (typeof part === "object" && part !== null) pending.push(part as JsonObject);
    }
  }
  return root;
}
