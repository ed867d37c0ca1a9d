import { copyAscii } from "../base64url.ts";
import type { VerifyingKey } from "../keys/key.ts";
import type { KeyRing } from "../keys/ring.ts";
import { selectKeys } from "../keys/select.ts";
import { type Compact, checkSpelling, invalidToken, mismatched, readObject } from "./compact.ts";

/** How many accepted headers a profile remembers. An issuer has one for each key that it signs with. */
const REMEMBERED = 8;

interface AcceptedHeader {
  readonly segment: string;
  readonly keys: readonly VerifyingKey[];
}

/**
 * Finds the keys that a token may have been signed with, by its header. All tokens of an issuer have the same few
 * headers, so a header is remembered once a signature over it was good. A forger can't fill that memory.
 */
export class HeaderReader {
  readonly #ring: KeyRing;
  readonly #types: readonly string[] | null;
  readonly #accepted: AcceptedHeader[] = [];

  /** @param types - each `typ` that is accepted; `null` where it is not checked */
  constructor(ring: KeyRing, types: readonly string[] | null) {
    this.#ring = ring;
    this.#types = types;
  }

  /** Finds the keys to try. Only the `alg` and `kid` of the header choose them. */
  findKeys(parts: Compact): readonly VerifyingKey[] {
    for (const { segment, keys } of this.#accepted) if (segment === parts.header) return keys;
    return this.#read(parts);
  }

  /** Remembers a header, once a signature over it was good. */
  accept(segment: string, keys: readonly VerifyingKey[]): void {
    if (this.#accepted.some((it) => it.keys === keys || it.segment === segment)) return;
    if (this.#accepted.length < REMEMBERED) this.#accepted.push({ segment: copyAscii(segment), keys });
  }

  #read(parts: Compact): readonly VerifyingKey[] {
    checkSpelling(parts);
    const header = readObject(parts, "header");
    const { alg, kid, typ } = header;
    const { keys } = this.#ring;
    if (kid !== undefined && typeof kid !== "string") throw mismatched("kid", kid, "a string");
    for (const name of ["crit", "b64"]) {
      if (header[name] !== undefined) throw invalidToken(`${name} is there, expected none: no extension is known`);
    }
    if (this.#types !== null && !isAmong(typ, this.#types)) throw mismatched("typ", typ, this.#types);
    const fitting = typeof alg === "string" ? selectKeys(keys, alg, undefined) : [];
    if (fitting.length === 0) throw mismatched("alg", alg, [...new Set(keys.map(({ algorithm }) => algorithm))]);
    const selected = selectKeys(fitting, alg as string, kid);
    if (selected.length > 0) return selected;
    throw mismatched(
      "kid",
      kid,
      fitting.map((key) => String(key.kid)),
    );
  }
}

/** Tells whether a header's `typ` is one of those that are accepted. */
export function isAmong(typ: unknown, types: readonly string[]): boolean {
  return typeof typ === "string" && types.some((it) => normaliseTyp(it) === normaliseTyp(typ));
}

/** Writes a media type in one spelling: in small letters, with its `application/` (RFC 7515 §4.1.9). */
export function normaliseTyp(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.includes("/") ? lower : `application/${lower}`;
}
