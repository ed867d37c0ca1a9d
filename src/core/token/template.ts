import { KEY, type KeyOperations, type SigningKey } from "../keys/key.ts";
import { writeObject } from "./compact.ts";
import type { ProfileInternals } from "./profile.ts";
import type { KeyState } from "./profile-keys.ts";

/** The parts that all tokens of a profile have in common as long as its keys stay the same. */
export interface Template {
  readonly sign: NonNullable<KeyOperations["sign"]>;
  /** The header, encoded. */
  readonly header: string;
  /** The payload's JSON, up to where tokens begin to differ. */
  readonly opening: string;
}

/** The templates by their keys. Another copy of the package writes its own, which are the same. */
const templates = new WeakMap<KeyState, Template>();

/**
 * Gives the template of a profile and its current keys. It is written when they sign their first token: a service that
 * only verifies needs none. `null` where the first key only verifies.
 */
export function getTemplate(profile: ProfileInternals<unknown>, state: KeyState): Template | null {
  const known = templates.get(state);
  if (known !== undefined) return known;
  const template = writeTemplate(profile, state.set.current);
  if (template !== null) templates.set(state, template);
  return template;
}

function writeTemplate(
  { typ, issuer, audience }: ProfileInternals<unknown>,
  signer: SigningKey | null,
): Template | null {
  const sign = signer?.[KEY].sign;
  if (signer === null || sign === undefined) return null;
  const { algorithm: alg, kid } = signer;
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
