import { KEY, type KeyOperations, type SigningKey } from "../keys/key.ts";
import { writeObject } from "./compact.ts";

/** What all tokens that a key signs for a profile have in common. */
export interface Template {
  readonly sign: NonNullable<KeyOperations["sign"]>;
  /** The header, encoded. */
  readonly header: string;
  /** The payload's JSON, up to where tokens begin to differ. */
  readonly opening: string;
}

/** Writes once what does not differ between tokens; `null` where the key only verifies. */
export function templateOf(
  key: SigningKey | null,
  { typ, issuer, audience }: { typ: string | null; issuer: string | null; audience: readonly string[] | null },
): Template | null {
  const sign = key?.[KEY].sign;
  if (key === null || sign === undefined) return null;
  const { algorithm: alg, kid } = key;
  const members = JSON.stringify({
    ...(issuer !== null && { iss: issuer }),
    ...(audience !== null && { aud: audience.length === 1 ? audience[0] : audience }),
  }).slice(1, -1);
  return {
    sign,
    header: writeObject({ alg, typ: typ ?? "JWT", ...(kid !== null && { kid }) }),
    opening: members === "" ? "{" : `{${members},`,
  };
}
