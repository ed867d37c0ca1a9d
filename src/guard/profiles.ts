import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenMismatch, readObject, splitToken } from "../core/token/compact.ts";
import { isAmong } from "../core/token/media-type.ts";
import { type ProfileInternals, readInternals, type TokenProfile } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { STATUS } from "../core/token/status.ts";
import { openToken, recallToken, shapeClaims } from "../core/token/verify.ts";
import { assert } from "../shared/assert.ts";
import { isThenable } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { areAlike } from "./alike.ts";
import { refuseBound } from "./binding.ts";
import type { ShownIdentity } from "./credential.ts";
import { checkMapping, createIdentity } from "./identity.ts";
import { explainLongLife, noteLongLife } from "./long-life.ts";
import { referToToken } from "./token-reference.ts";

/** What a guard reads of a profile. */
export type Internals = ProfileInternals<ClaimsSchema | undefined>;

/** Gives the internals of one profile or several, which must differ in issuer or `typ`. */
export function readProfiles(caller: string, given: TokenProfile | readonly TokenProfile[]): readonly Internals[] {
  const profiles = [given].flat().map((it) => readInternals<ClaimsSchema | undefined>(caller, it));
  assert(profiles.length > 0, `${caller} takes one token profile, or several`);
  for (const { identity, status } of profiles) {
    checkMapping(identity);
    const isOurs = status === undefined || readMark(status, STATUS) === true;
    assert(isOurs, `${caller}: the profile's status must be what statusLists of hallpass/status-list makes`);
  }
  const isTaken = (one: Internals, at: number): boolean => profiles.slice(0, at).some((it) => areAlike(it, one));
  assert(!profiles.some(isTaken), `${caller}: two profiles have the same issuer and typ: a token could be of either`);
  return profiles;
}

/**
 * Verifies a token by the one profile that it can have, and gives the identity that it shows. It returns a promise only
 * if keys, the thread pool, the status or a schema have to be awaited, since the caller needs a timer for each promise.
 *
 * @param checkBinding - refuses a token by the key that it is bound to; by default, every bound token
 * @param isOfTenant - whether a resolver gave the profile
 */
export function verifyShownToken(
  token: string,
  profiles: readonly Internals[],
  name: string,
  checkBinding: (checked: CheckedClaims) => void = refuseBound,
  isOfTenant: boolean = false,
): ShownIdentity | Promise<ShownIdentity> {
  const describe = ({ checked, profile }: Opened): ShownIdentity | Promise<ShownIdentity> => {
    checkBinding(checked);
    return showToken(checked, profile, name, isOfTenant);
  };
  const opened = recallByProfiles(token, profiles) ?? openByProfiles(token, profiles);
  return isThenable(opened) ? opened.then(describe) : describe(opened);
}

function showToken(
  checked: CheckedClaims,
  profile: Internals,
  name: string,
  isOfTenant: boolean,
): ShownIdentity | Promise<ShownIdentity> {
  const show = (claims: object): ShownIdentity => {
    const identity = createIdentity(checked, claims, profile.identity, name);
    return { ...identity, revocation: noteLongLife(referToToken(checked, identity), longLife) };
  };
  const longLife = explainLongLife(checked, profile, isOfTenant);
  const { schema, status } = profile;
  const shape = () => (schema === undefined ? show(checked) : shapeClaims(checked, schema).then(show));
  const pending = status?.check(checked);
  return pending ? pending.then(shape) : shape();
}

interface Opened {
  readonly checked: CheckedClaims;
  readonly profile: Internals;
}

/**
 * Finds a token in the caches of the profiles, if the profile that has it is the one that {@link chooseProfile} would
 * choose. A profile without an issuer may be shared with another guard, and have cached a token whose issuer has a
 * profile of its own here. Only that profile's keys may verify it.
 */
function recallByProfiles(token: string, profiles: readonly Internals[]): Opened | undefined {
  for (const profile of profiles) {
    const checked = recallToken(token, profile);
    if (checked !== undefined && (profile.issuer !== null || !hasIssuer(profiles, checked.iss))) {
      return { checked, profile };
    }
  }
  return undefined;
}

function hasIssuer(profiles: readonly Internals[], iss: unknown): boolean {
  return profiles.some(({ issuer }) => issuer !== null && issuer === iss);
}

function openByProfiles(token: string, profiles: readonly Internals[]): Opened | Promise<Opened> {
  const profile = chooseProfile(token, profiles);
  const opened = openToken(token, profile);
  return isThenable(opened) ? opened.then((checked) => ({ checked, profile })) : { checked: opened, profile };
}

/**
 * Chooses the profile by what a token says of itself, which is not verified yet. It only decides which profile verifies
 * the token: that profile checks the signature with its own keys, and the signed issuer and `typ`.
 */
function chooseProfile(token: string, profiles: readonly Internals[]): Internals {
  const [only, ...others] = profiles as [Internals, ...Internals[]];
  if (others.length === 0) return only;
  const parts = splitToken(token, Math.max(...profiles.map(({ maxBytes }) => maxBytes)));
  const { iss } = readObject(parts, "payload");
  const named = profiles.filter(({ issuer }) => issuer === iss);
  const fitting = named.length > 0 ? named : profiles.filter(({ issuer }) => issuer === null);
  const [first, ...more] = fitting;
  if (first === undefined)
    throw createTokenMismatch(
      "iss",
      iss,
      profiles.map(({ issuer }) => String(issuer)),
    );
  if (more.length === 0) return first;
  const { typ } = readObject(parts, "header");
  return fitting.find(({ types }) => isAmong(typ, types as string[])) ?? first;
}
