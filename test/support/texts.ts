import fc from "fast-check";

/** Any character but half a surrogate pair. fast-check's own unit of them, "binary", takes two seconds to be made. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));
