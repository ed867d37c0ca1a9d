/** What is kept about an object, and which object that is. */
interface Kept {
  readonly owner: object;
  readonly value: unknown;
}

/**
 * Keeps a value about an object or a function, in a property of it. Does nothing where the object can't have one.
 *
 * A WeakMap in a module would be lost on other copies of the module. An application has two copies of this package if
 * one part of it uses `import` and another `require`, or if a bundler makes them.
 *
 * @param mark - a registered symbol, which all copies share. Copies may be of different versions of the package, so a
 * value of another type needs another symbol.
 */
export function keepOwn(owner: object, mark: symbol, value: unknown): void {
  try {
    Object.defineProperty(owner, mark, { value: { owner, value } satisfies Kept, configurable: true });
  } catch {
    // A frozen object stays as it is.
  }
}

/**
 * Reads what {@link keepOwn} kept about this very object; `undefined` where it kept nothing. A test's spy may have the
 * properties of the method in whose place it is, and an object may inherit them: they are other objects.
 */
export function readOwn(owner: unknown, mark: symbol): unknown {
  try {
    const kept = (owner as { readonly [mark: symbol]: Kept | undefined } | null | undefined)?.[mark];
    return kept?.owner === owner ? kept?.value : undefined;
  } catch {
    return undefined;
  }
}
