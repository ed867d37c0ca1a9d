const { get: kindOf } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
) as { readonly get: () => unknown };

/**
 * A copy of the bytes that a Uint8Array holds; `null` where the value is none. One of another realm (a Jest sandbox, a `vm`
 * context) counts, and a DataView, or an array of wider numbers, does not: it has no bytes that all would agree on.
 */
export function copyBytes(value: unknown): Uint8Array | null {
  return kindOf.call(value) === "Uint8Array" ? new Uint8Array(value as Uint8Array) : null;
}
