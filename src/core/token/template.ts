import { KEY, type KeyOperations } from "../keys/key.ts";
import { writeObject } from "./compact.ts";
import type { ProfileInternals } from "./profile.ts";

/** What all tokens that a key signs for a profile have in common. */
export interface Template {
  readonly sign: NonNullable<KeyOperations["sign"]>;
  /** The header, encoded. */
  readonly header: string;
  /** The payload's JSON, up to where tokens begin to differ. */
  readonly opening: string;
}

const templates = new WeakMap<ProfileInternals<unknown>, Template>();

/**
 * Gives the template of a profile, written when its first token is issued: a service that only verifies needs none.
 * `null` where the profile's first key only verifies.
 */
export function getTemplate(profile: ProfileInternals<unknown>): Template | null {
  const known = templates.get(profile);
  if (known !== undefined) return known;
  const template = writeTemplate(profile);
  if (template !== null) templates.set(profile, template);
  return template;
}

function writeTemplate({ signer, typ, issuer, audience }: ProfileInternals<unknown>): Template | null {
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
