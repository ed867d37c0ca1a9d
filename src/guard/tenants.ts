import { isSecureUrl } from "../core/http/loopback.ts";
import { mismatched, readObject, splitToken } from "../core/token/compact.ts";
import { isProfile, readInternals, type TokenProfile } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { FreshValue, type Loaded } from "../remote/fresh-value.ts";
import { assert } from "../shared/assert.ts";
import {
  DEFAULT_STORE_TIMEOUT_MS,
  MAX_DOCUMENT_BYTES,
  MAX_ISSUER_LENGTH,
  MAX_TENANT_CALLS,
  MAX_TENANTS,
} from "../shared/limits.ts";
import { isThenable, withTimeout } from "../shared/promise.ts";
import type { ShownIdentity } from "./credential.ts";
import { checkReading } from "./identity.ts";
import { type Internals, verifyShownToken } from "./profiles.ts";

/**
 * Gives the profile of an issuer's tokens, or `null` for an issuer that nobody here knows. What it is given is not
 * verified: it only says who is to verify a token.
 *
 * @example
 * ```ts
 * const resolver: ProfileResolver = async (issuer) => {
 *   const tenant = await tenants.findByIssuer(issuer);
 *   return tenant === null ? null : trustIssuer(issuer, { audience: "https://api.example.com" });
 * };
 * ```
 */
export type ProfileResolver<Profile extends TokenProfile = TokenProfile> = (
  issuer: string,
) => Profile | null | PromiseLike<Profile | null>;

/** For how long an answer is fresh, in milliseconds. */
const KNOWN_MS = 600_000;
const UNKNOWN_MS = 30_000;

/** For how long a profile goes on when the resolver can't be asked, in milliseconds. */
const STALE_IF_ERROR_MS = 3_600_000;

/** What a resolver said about an issuer. */
interface Tenant {
  readonly profile: Internals | null;
}

/** What was asked, by issuer. The least recently used first. */
type Asked = Map<string, FreshValue<Tenant>>;

/**
 * The profiles that a resolver gives, by their issuers. It is asked about an issuer once at a time. The issuers that it
 * does not know are remembered apart, so that tokens with made-up issuers drive out none that is in use.
 */
export class Tenants {
  readonly #resolve: ProfileResolver;
  readonly #now: () => number;
  readonly #known: Asked = new Map();
  /** The issuers that nobody knows, and those that are being asked about. */
  readonly #others: Asked = new Map();
  #calls = 0;

  constructor(resolve: ProfileResolver, now: () => number) {
    this.#resolve = resolve;
    this.#now = now;
  }

  /**
   * Finds the profile that is to verify a token. It is a promise where the resolver has to be waited for.
   *
   * @throws AuthError `invalid_token` for an issuer that nobody knows
   */
  choose(token: string): Internals | Promise<Internals> {
    const { iss } = readObject(splitToken(token, MAX_DOCUMENT_BYTES), "payload");
    const issuer = checkIssuer(iss);
    const asked = this.#find(issuer);
    const tenant = asked.read();
    if (tenant !== null) return expectProfile(tenant, issuer);
    return asked.wait().then((it) => expectProfile(it, issuer));
  }

  #find(issuer: string): FreshValue<Tenant> {
    const map = this.#known.has(issuer) ? this.#known : this.#others;
    const found = map.get(issuer) ?? this.#ask(issuer);
    map.delete(issuer);
    map.set(issuer, found);
    cutToSize(map);
    return found;
  }

  #ask(issuer: string): FreshValue<Tenant> {
    const load = async (): Promise<Loaded<Tenant>> => {
      const profile = await this.#call(issuer);
      const value: Tenant = { profile };
      if (profile === null) this.#move(issuer, asked, this.#known, this.#others);
      else this.#move(issuer, asked, this.#others, this.#known);
      return { value, freshForMs: profile === null ? UNKNOWN_MS : KNOWN_MS };
    };
    const asked: FreshValue<Tenant> = new FreshValue({
      name: "resolver",
      load,
      now: this.#now,
      staleIfErrorMs: STALE_IF_ERROR_MS,
    });
    return asked;
  }

  /** Asks the resolver, whose answer may be anything. */
  async #call(issuer: string): Promise<Internals | null> {
    if (this.#calls >= MAX_TENANT_CALLS) throw new Error(`the resolver is asked about ${MAX_TENANT_CALLS} issuers now`);
    this.#calls += 1;
    try {
      const answer = Promise.resolve(this.#resolve(issuer));
      const profile = await withTimeout("the resolver", DEFAULT_STORE_TIMEOUT_MS, answer);
      if (profile === null) return null;
      assert(
        isProfile(profile),
        "the resolver must answer with a profile, made by trustIssuer or defineToken, or null",
      );
      assert(profile.issuer === issuer, "the resolver answered with the profile of another issuer");
      const internals = readInternals<ClaimsSchema | undefined>("bearer", profile);
      checkReading(internals.identity);
      return internals;
    } finally {
      this.#calls -= 1;
    }
  }

  #move(issuer: string, asked: FreshValue<Tenant>, from: Asked, to: Asked): void {
    if (from.get(issuer) !== asked) return;
    from.delete(issuer);
    to.set(issuer, asked);
    cutToSize(to);
  }
}

/** Verifies a token by the profile that a resolver gives for its issuer, and gives what it says. */
export function verifyTenantToken(
  token: string,
  tenants: Tenants,
  name: string,
): ShownIdentity | Promise<ShownIdentity> {
  const verify = (profile: Internals): ShownIdentity | Promise<ShownIdentity> =>
    verifyShownToken(token, [profile], name);
  const profile = tenants.choose(token);
  return isThenable(profile) ? profile.then(verify) : verify(profile);
}

function cutToSize(map: Map<string, unknown>): void {
  if (map.size <= MAX_TENANTS) return;
  const [oldest] = map.keys();
  map.delete(oldest as string);
}

/** Checks what a token names as its issuer, before anybody is asked about it. */
function checkIssuer(iss: unknown): string {
  const fits =
    typeof iss === "string" && iss.length <= MAX_ISSUER_LENGTH && URL.canParse(iss) && isSecureUrl(new URL(iss));
  if (!fits) throw mismatched("iss", iss, `an https URL of at most ${MAX_ISSUER_LENGTH} characters`);
  return iss;
}

function expectProfile({ profile }: Tenant, issuer: string): Internals {
  if (profile === null) throw mismatched("iss", issuer, "an issuer that the resolver knows");
  return profile;
}
