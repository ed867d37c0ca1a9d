import type { KeyObject } from "node:crypto";

/** Reads a key with node:crypto. Its own error becomes the `cause`, which is for the developer. */
export function readKeyObject(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new TypeError("importKey: this key can't be read; it is damaged, or of a kind this runtime doesn't know", {
      cause,
    });
  }
}
