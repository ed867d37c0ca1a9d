import { isSecureUrl } from "../core/http/loopback.ts";
import { createTokenMismatch, readObject, splitToken } from "../core/token/compact.ts";
import { isProfile, type TokenProfile } from "../core/token/profile.ts";
import { Busy, FreshValue, type Loaded } from "../remote/fresh-value.ts";
import { assert } from "../shared/assert.ts";
import { HOUR_MS } from "../shared/clock.ts";
import {
  DEFAULT_STORE_TIMEOUT_MS,
  MAX_DOCUMENT_BYTES,
  MAX_ISSUER_LENGTH,
  MAX_TENANT_CALLS,
  MAX_TENANTS,
} from "../shared/limits.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";
import type { ShownIdentity } from "./credential.ts";
import { type Internals, readProfiles, verifyShownToken } from "./profiles.ts";

/**
 * Gives the profile of an issuer's tokens, or `null` for an unknown issuer. The issuer is from a token that is not
 * verified yet: it only decides which profile verifies the token.
 *
 * @example
 * ```ts
 * const profiles = new Map<string, TokenProfile>(); // The same profile each time: it keeps the issuer's keys.
 * const resolver: ProfileResolver = async (issuer) => {
 *   if ((await tenants.findByIssuer(issuer)) === null) return null;
 *   const profile = profiles.get(issuer) ?? trustIssuer(issuer, { audience: "https://api.example.com" });
 *   profiles.set(issuer, profile);
 *   return profile;
 * };
 * ```
 */
export type ProfileResolver<Profile extends TokenProfile = TokenProfile> = (
  issuer: string,
) => Profile | null | PromiseLike<Profile | null>;

/** For how long an answer is fresh, in milliseconds. */
const KNOWN_MS = 600_000;
const UNKNOWN_MS = 30_000;

/** For how long a stale profile is used while the resolver fails, in milliseconds. */
const STALE_IF_ERROR_MS = HOUR_MS;

/** What a resolver said about an issuer. */
interface Tenant {
  readonly profile: Internals | null;
}

/** The cached answers of the resolver, by issuer. */
type TenantCache = Map<string, FreshValue<Tenant>>;

/**
 * The cache of a resolver's profiles, by issuer. The resolver is called once at a time for an issuer (single flight).
 *
 * Anybody can make issuers up. So unknown issuers have a cache of their own, calls under way can't be evicted, and the
 * calls that refresh known tenants have a limit of their own.
 */
export class Tenants {
  readonly #resolve: ProfileResolver;
  readonly #now: () => number;
  /** LRU: the least recently used is first. */
  readonly #known: TenantCache = new Map();
  /** The unknown issuers, and those for which the resolver failed. LRU, too. */
  readonly #others: TenantCache = new Map();
  /** The calls under way: those for known issuers, and all others. */
  readonly #underWay: { readonly known: TenantCache; readonly others: TenantCache } = {
    known: new Map(),
    others: new Map(),
  };

  constructor(resolve: ProfileResolver, now: () => number) {
    this.#resolve = resolve;
    this.#now = now;
  }

  /**
   * Finds the profile that verifies a token. It is a promise if the resolver has to be awaited.
   *
   * @throws AuthError `invalid_token` for an unknown issuer
   */
  choose(token: string): Internals | Promise<Internals> {
    const { iss } = readObject(splitToken(token, MAX_DOCUMENT_BYTES), "payload");
    const issuer = checkTenantIssuer(iss);
    const asked = this.#find(issuer);
    const tenant = asked.read();
    if (tenant !== null) return expectProfile(tenant, issuer);
    return asked.wait().then((it) => expectProfile(it, issuer));
  }

  #find(issuer: string): FreshValue<Tenant> {
    const found = touch(this.#known, issuer) ?? touch(this.#others, issuer);
    const { known, others } = this.#underWay;
    return found ?? known.get(issuer) ?? others.get(issuer) ?? this.#ask(issuer);
  }

  /** Makes the cached answer for an issuer. It is kept from the moment the resolver is really called. */
  #ask(issuer: string): FreshValue<Tenant> {
    const load = async (): Promise<Loaded<Tenant>> => {
      const isKnown = this.#known.has(issuer);
      const underWay = isKnown ? this.#underWay.known : this.#underWay.others;
      if (underWay.size >= MAX_TENANT_CALLS) throw new Busy(`a resolver is asked ${MAX_TENANT_CALLS} times at once`);
      underWay.set(issuer, asked);
      try {
        const profile = await this.#call(issuer);
        this.#keep(issuer, asked, profile === null ? this.#others : this.#known);
        // Only the resolver can tell whether an unknown issuer is still unknown, so that is never used stale.
        return profile === null
          ? { value: { profile }, freshForMs: UNKNOWN_MS, staleIfErrorMs: 0 }
          : { value: { profile }, freshForMs: KNOWN_MS };
      } catch (error) {
        if (!isKnown) this.#keep(issuer, asked, this.#others);
        throw error;
      } finally {
        underWay.delete(issuer);
      }
    };
    const settings = { name: "resolver", load, now: this.#now, staleIfErrorMs: STALE_IF_ERROR_MS };
    const asked: FreshValue<Tenant> = new FreshValue(settings);
    return asked;
  }

  #keep(issuer: string, asked: FreshValue<Tenant>, map: TenantCache): void {
    this.#known.delete(issuer);
    this.#others.delete(issuer);
    map.set(issuer, asked);
    if (map.size <= MAX_TENANTS) return;
    const [oldest] = map.keys();
    map.delete(oldest as string);
  }

  /** Calls the resolver and checks its answer, which may be anything. */
  async #call(issuer: string): Promise<Internals | null> {
    const answer = Promise.resolve(this.#resolve(issuer));
    const profile = await withTimeout("the resolver", DEFAULT_STORE_TIMEOUT_MS, answer);
    if (profile === null) return null;
    assert(isProfile(profile), "the resolver must answer with a profile, made by trustIssuer or defineToken, or null");
    assert(profile.issuer === issuer, "the resolver answered with the profile of another issuer");
    const [internals] = readProfiles("the resolver", profile);
    return internals as Internals;
  }
}

/** Finds the cached answer for an issuer, and makes it the most recently used. */
function touch(map: TenantCache, issuer: string): FreshValue<Tenant> | undefined {
  const found = map.get(issuer);
  if (found === undefined) return undefined;
  map.delete(issuer);
  map.set(issuer, found);
  return found;
}

/** Verifies a token by the profile that a resolver gives for its issuer, and gives the identity that it shows. */
export function verifyTenantToken(
  token: string,
  tenants: Tenants,
  name: string,
): ShownIdentity | Promise<ShownIdentity> {
  const verify = (profile: Internals): ShownIdentity | Promise<ShownIdentity> =>
    verifyShownToken(token, [profile], name, undefined, true);
  const profile = tenants.choose(token);
  return isThenable(profile) ? profile.then(verify) : verify(profile);
}

/** Checks the issuer that a token names, before the resolver is called with it. */
function checkTenantIssuer(iss: unknown): string {
  const fits =
    typeof iss === "string" && iss.length <= MAX_ISSUER_LENGTH && URL.canParse(iss) && isSecureUrl(new URL(iss));
  if (!fits) throw createTokenMismatch("iss", iss, `an https URL of at most ${MAX_ISSUER_LENGTH} characters`);
  return iss;
}

function expectProfile({ profile }: Tenant, issuer: string): Internals {
  if (profile === null) throw createTokenMismatch("iss", issuer, "an issuer that the resolver knows");
  return profile;
}
