import type { CookieSettings } from "../core/http/cookie-options.ts";
import type { Credential } from "./credential.ts";
import type { Internals } from "./profiles.ts";

const profilesOf = new WeakMap<Credential, readonly Internals[]>();

/** Notes the profiles that verify the tokens of a credential. */
export function keepProfiles<Claims>(
  credential: Credential<Claims>,
  profiles: readonly Internals[],
): Credential<Claims> {
  profilesOf.set(credential, profiles);
  return credential;
}

/** Lists the profiles by which a credential verifies tokens; none for another kind of credential. */
export function listProfiles(credential: Credential): readonly Internals[] {
  return profilesOf.get(credential) ?? [];
}

const cookieOf = new WeakMap<Credential, CookieSettings>();

/** Notes the cookie that a credential reads its token from. */
export function keepCookie<Claims>(credential: Credential<Claims>, cookie: CookieSettings): Credential<Claims> {
  cookieOf.set(credential, cookie);
  return credential;
}

/** Finds the cookie that one of several credentials reads its token from; `null` where none does. */
export function findTokenCookie(credentials: readonly Credential[]): CookieSettings | null {
  return credentials.map((it) => cookieOf.get(it)).find((it) => it !== undefined) ?? null;
}
