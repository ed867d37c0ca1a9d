import { expectation } from "../../shared/finding.ts";
import type { AuthError } from "../errors.ts";
import { flat } from "../flat.ts";
import type { VerifyingKey } from "../keys/key.ts";
import type { KeyRing } from "../keys/ring.ts";
import { selectKeys } from "../keys/select.ts";
import { instead } from "./claims.ts";
import { type Compact, checkSpelling, invalidToken, readObject } from "./compact.ts";

/** How many accepted headers a profile remembers: an issuer has one for each key that it signs with. */
const REMEMBERED = 8;

interface AcceptedHeader {
  readonly segment: string;
  readonly keys: readonly VerifyingKey[];
}

/**
 * Tells which keys a token may have been signed with, by its header. Headers that led to a good signature are
 * remembered, since every token of an issuer has the same one; a forger can't fill that memory.
 */
export class HeaderReader {
  readonly #ring: KeyRing;
  readonly #typ: string | null;
  readonly #accepted: AcceptedHeader[] = [];

  constructor(ring: KeyRing, typ: string | null) {
    this.#ring = ring;
    this.#typ = typ;
  }

  /** The keys to try. Nothing in a header but its `alg` and `kid` has a say in that. */
  keysFor(parts: Compact): readonly VerifyingKey[] {
    for (const { segment, keys } of this.#accepted) if (segment === parts.header) return keys;
    return this.#read(parts);
  }

  /** Remembers a header, once a signature over it held. */
  accept(segment: string, keys: readonly VerifyingKey[]): void {
    if (this.#accepted.some((it) => it.keys === keys || it.segment === segment)) return;
    if (this.#accepted.length < REMEMBERED) this.#accepted.push({ segment: flat(segment), keys });
  }

  #read(parts: Compact): readonly VerifyingKey[] {
    checkSpelling(parts);
    const { alg, kid, typ, crit, b64 } = readObject(parts, "header");
    const { keys } = this.#ring;
    if (typeof alg !== "string") throw unexpectedAlg(alg, keys);
    if (kid !== undefined && typeof kid !== "string") throw invalidToken(instead("kid", kid, "a string"));
    if (crit !== undefined) throw invalidToken("crit is there, expected none: no extension is known");
    if (b64 !== undefined) throw invalidToken("b64 is there, expected none: no extension is known");
    if (this.#typ !== null && (typeof typ !== "string" || normaliseTyp(typ) !== normaliseTyp(this.#typ))) {
      throw invalidToken(instead("typ", typ, expectation([this.#typ])));
    }
    const selected = selectKeys(keys, alg, kid);
    if (selected.length > 0) return selected;
    const fitting = selectKeys(keys, alg, undefined);
    if (fitting.length === 0) throw unexpectedAlg(alg, keys);
    throw invalidToken(instead("kid", kid, expectation(fitting.map((key) => String(key.kid)))));
  }
}

function unexpectedAlg(alg: unknown, keys: readonly VerifyingKey[]): AuthError {
  const known = new Set(keys.map(({ algorithm }) => algorithm));
  return invalidToken(instead("alg", alg, expectation([...known])));
}

/** One spelling for a media type: the case does not count, and `application/` may be left out (RFC 7515 §4.1.9). */
export function normaliseTyp(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.includes("/") ? lower : `application/${lower}`;
}
