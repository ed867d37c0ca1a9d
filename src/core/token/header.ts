import { copyAscii } from "../base64url.ts";
import type { AuthError } from "../errors.ts";
import type { VerifyingKey } from "../keys/key.ts";
import { selectKeys } from "../keys/select.ts";
import { type Compact, checkSpelling, createTokenError, createTokenMismatch, readObject } from "./compact.ts";
import { isAmong } from "./media-type.ts";

/** How many accepted headers a profile remembers. An issuer has one for each key that it signs with. */
const MAX_HEADERS = 8;

interface AcceptedHeader {
  readonly segment: string;
  readonly keys: readonly VerifyingKey[];
}

/** What a token's header says about its signature. */
export interface SignedBy {
  /** The name of an algorithm, or anything else that the header holds. */
  readonly alg: unknown;
  readonly kid: string | undefined;
}

/**
 * Finds the keys that a token may have been signed with, by its header. All tokens of an issuer have the same few
 * headers, so a header is remembered once a signature over it was valid. So a forger can't fill that memory.
 */
export class HeaderReader {
  readonly #keys: readonly VerifyingKey[];
  readonly #types: readonly string[] | null;
  readonly #accepted: AcceptedHeader[] = [];

  /** @param types - each `typ` that is accepted; `null` where it is not checked */
  constructor(keys: readonly VerifyingKey[], types: readonly string[] | null) {
    this.#keys = keys;
    this.#types = types;
  }

  /** Finds the keys to try; none where no key fits. Only the `alg` and `kid` of the header choose them. */
  findKeys(parts: Compact): readonly VerifyingKey[] {
    for (const { segment, keys } of this.#accepted) if (segment === parts.header) return keys;
    const { alg, kid } = readTokenHeader(parts, this.#types);
    return selectKeys(this.#keys, alg, kid);
  }

  /** Remembers a header once a signature over it was valid. */
  accept(segment: string, keys: readonly VerifyingKey[]): void {
    if (this.#accepted.some((it) => it.keys === keys || it.segment === segment)) return;
    if (this.#accepted.length < MAX_HEADERS) this.#accepted.push({ segment: copyAscii(segment), keys });
  }
}

/**
 * Reads the header of a token.
 *
 * @throws AuthError `invalid_token` for a header that is refused whatever the key is
 */
export function readTokenHeader(parts: Compact, types: readonly string[] | null): SignedBy {
  checkSpelling(parts);
  const header = readObject(parts, "header");
  const { alg, kid, typ } = header;
  if (kid !== undefined && typeof kid !== "string") throw createTokenMismatch("kid", kid, "a string");
  for (const name of ["crit", "b64"]) {
    if (header[name] !== undefined) throw createTokenError(`${name} is there, expected none: no extension is known`);
  }
  if (types !== null && !isAmong(typ, types)) throw createTokenMismatch("typ", typ, types);
  return { alg, kid };
}

/** Creates the error that refuses a token which none of the keys can have signed. */
export function explainUnknownKey({ alg, kid }: SignedBy, keys: readonly VerifyingKey[]): AuthError {
  const fitting = selectKeys(keys, alg, undefined);
  if (fitting.length === 0)
    return createTokenMismatch("alg", alg, [...new Set(keys.map(({ algorithm }) => algorithm))]);
  return createTokenMismatch(
    "kid",
    kid,
    fitting.map((key) => String(key.kid)),
  );
}
