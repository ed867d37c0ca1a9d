import type { KeyObject } from "node:crypto";

/** What node:crypto makes of a key's text. Its own complaint is for the developer, as the `cause`. */
export function readable(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new TypeError("importKey: this key can't be read; it is damaged, or of a kind this runtime doesn't know", {
      cause,
    });
  }
}
