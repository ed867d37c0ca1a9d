import type { CookieSettings } from "../core/http/cookie-options.ts";
import { readMark } from "../shared/read.ts";
import type { CallCounter } from "../store-calls/stats.ts";
import type { Credential } from "./credential.ts";
import type { Internals } from "./profiles.ts";
import type { ProofVerifier } from "./proof-verifier.ts";
import type { ProfileResolver } from "./tenants.ts";

/**
 * The properties that hold the internals of a credential. Entries of the package have copies of this file, which share
 * registered symbols.
 */
const PROFILES = Symbol.for("hallpass.profiles");
const RESOLVER = Symbol.for("hallpass.resolver");
const PROOFS = Symbol.for("hallpass.proofs");
const CALLS = Symbol.for("hallpass.calls");
const COOKIE = /* @__PURE__ */ Symbol.for("hallpass.tokenCookie");

/** Notes the profiles that verify the tokens of a credential. */
export function keepProfiles<Claims>(
  credential: Credential<Claims>,
  profiles: readonly Internals[],
): Credential<Claims> {
  return Object.defineProperty(credential, PROFILES, { value: profiles });
}

/** Lists the profiles by which a credential verifies tokens; none for another kind of credential. */
export function listProfiles(credential: Credential): readonly Internals[] {
  return (readMark(credential, PROFILES) as readonly Internals[] | undefined) ?? [];
}

/** Notes the resolver that gives the profiles of a credential, one for each issuer. */
export function keepResolver<Claims>(credential: Credential<Claims>, resolver: ProfileResolver): Credential<Claims> {
  return Object.defineProperty(credential, RESOLVER, { value: resolver });
}

/** Lists the resolver that gives the profiles of a credential; none where they are known beforehand. */
export function listResolvers(credential: Credential): readonly ProfileResolver[] {
  const resolver = readMark(credential, RESOLVER) as ProfileResolver | undefined;
  return resolver === undefined ? [] : [resolver];
}

/** Notes the verifier of the proofs that come with the tokens of a credential. */
export function keepProofs<Claims>(credential: Credential<Claims>, proofs: ProofVerifier): Credential<Claims> {
  return Object.defineProperty(credential, PROOFS, { value: proofs });
}

/** Finds the first credential with a verifier of proofs, and that verifier; `null` if none has one. */
export function findProofs(
  credentials: readonly Credential[],
): { readonly credential: Credential; readonly proofs: ProofVerifier } | null {
  for (const credential of credentials) {
    const proofs = readMark(credential, PROOFS) as ProofVerifier | undefined;
    if (proofs !== undefined) return { credential, proofs };
  }
  return null;
}

/** Notes the counter of the calls that a credential makes to its own stores. */
export function keepCalls<Claims>(credential: Credential<Claims>, counter: CallCounter): Credential<Claims> {
  return Object.defineProperty(credential, CALLS, { value: counter });
}

/** Reads the statistics of the calls that a credential made to its own stores. */
export function readCalls(credential: Credential): ReturnType<CallCounter["read"]> {
  return (readMark(credential, CALLS) as CallCounter | undefined)?.read() ?? {};
}

/** Notes the cookie that a credential reads its token from. */
export function keepCookie<Claims>(credential: Credential<Claims>, cookie: CookieSettings): Credential<Claims> {
  return Object.defineProperty(credential, COOKIE, { value: cookie });
}

/** Finds the cookie that one of several credentials reads its token from; `null` where none does. */
export function findTokenCookie(credentials: readonly Credential[]): CookieSettings | null {
  const cookies = credentials.map((it) => readMark(it, COOKIE) as CookieSettings | undefined);
  return cookies.find((it) => it !== undefined) ?? null;
}
