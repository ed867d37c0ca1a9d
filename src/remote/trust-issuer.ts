import type { VerifyingKey } from "../core/keys/key.ts";
import { type KeyRing, toSource } from "../core/keys/ring.ts";
import type { KeySet, LiveKeys } from "../core/keys/source.ts";
import { createProfile, type ForeignProfile, type TokenOptions } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { checkGiven, checkOptions, checkText, type OptionNames } from "../shared/options.ts";
import { discoverSet } from "./discovery.ts";
import type { LiveKeysStats, LoadedKeys } from "./fresh-keys.ts";
import { checkRemoteOptions, type RemoteKeysOptions } from "./keys-options.ts";
import { type JwksFunction, keepKeys, remoteKeys } from "./remote-keys.ts";
import { checkUrl } from "./url.ts";

/** The options of {@link trustIssuer}. */
export interface TrustOptions<
  Schema extends ClaimsSchema | undefined = undefined,
  Iat extends "required" | "optional" = "required",
> extends Omit<TokenOptions<Schema>, "keys" | "issuer" | "expiresIn">,
    RemoteKeysOptions {
  /**
   * Its keys, if you have them. By default they are found by its metadata: OpenID Connect Discovery, or else RFC 8414.
   */
  readonly keys?: VerifyingKey | KeyRing | LiveKeys;
  /** The address of its JWK Set, or a function that gives it. By default its metadata says it. */
  readonly jwks?: string | URL | JwksFunction;
  /**
   * The claim that must name the `audience`, such as `"client_id"` in the access tokens of Amazon Cognito. `"aud"` by
   * default.
   */
  readonly audienceClaim?: string;
  /** Whether each token must say when it was issued. `"required"` by default. */
  readonly iat?: Iat;
}

/** A profile of another issuer's tokens, as {@link trustIssuer} made it. */
export interface TrustedIssuer<
  Schema extends ClaimsSchema | undefined = ClaimsSchema | undefined,
  Iat extends "required" | "optional" = "required" | "optional",
> extends ForeignProfile<Schema, Iat> {
  /**
   * Loads the keys at the start of a service. Without this call, they are loaded when they are first needed.
   *
   * @throws AuthError `unavailable` (503) where they can't be loaded
   */
  ready(): Promise<void>;
  /** Gives the state of its keys, for a monitor. */
  stats(): LiveKeysStats;
}

/** The options for fetching keys, which can't be combined with `keys`. */
const FETCHING: readonly string[] = [
  "jwks",
  "staleIfError",
  "timeoutMs",
  "onEvent",
  "refreshAfter",
  "algorithms",
  "fetch",
  "headers",
];

/**
 * The options that are not passed on to the profile as they are: those that only a foreign profile has, and the keys.
 */
const THE_ISSUER = 'trustIssuer("https://login.example.com", options): the issuer';
const FOREIGN: readonly string[] = ["audienceClaim", "iat", "keys"];

const OPTIONS: OptionNames<TrustOptions> = {
  audience: "required",
  audienceClaim: "optional",
  keys: "optional",
  jwks: "optional",
  iat: "optional",
  typ: "optional",
  maxAge: "optional",
  clockTolerance: "optional",
  requiredClaims: "optional",
  maxBytes: "optional",
  cacheSize: "optional",
  threadPool: "optional",
  schema: "optional",
  identity: "optional",
  status: "optional",
  now: "optional",
  staleIfError: "optional",
  timeoutMs: "optional",
  onEvent: "optional",
  refreshAfter: "optional",
  algorithms: "optional",
  fetch: "optional",
  headers: "optional",
};

/**
 * Trusts another issuer: creates a profile that verifies its tokens and never issues any. Its keys are found by its
 * metadata, and kept as {@link remoteKeys} keeps them. The algorithms that are accepted are those of the keys.
 *
 * Everything is required by default: `exp`, `iat`, `aud`, and the `typ` `"at+jwt"` (RFC 9068 §2.1). The guide on
 * foreign issuers lists what each provider lacks.
 *
 * @param issuer - its name, exactly as in the `iss` of its tokens; an https URL, if its keys are to be found by its
 *   metadata
 * @throws TypeError when an option is missing or wrong; this call itself fetches nothing
 *
 * @example
 * ```ts
 * const tenant = trustIssuer("https://tenant.example/", { audience: "https://api.example.com" });
 * await tenant.ready();
 * const guard = createGuard({ token: tenant });
 * ```
 */
export function trustIssuer<
  Schema extends ClaimsSchema | undefined = undefined,
  Iat extends "required" | "optional" = "required",
>(issuer: string, options: TrustOptions<Schema, Iat>): TrustedIssuer<Schema, Iat> {
  checkOptions("trustIssuer", options, OPTIONS);
  checkGiven(THE_ISSUER, issuer);
  checkText(THE_ISSUER, issuer);
  const { audienceClaim = "aud", iat = "required", now = systemClock } = options;
  assert(iat === "required" || iat === "optional", 'trustIssuer: iat must be "required" or "optional"');
  checkText("trustIssuer: audienceClaim", audienceClaim);
  const isDouble = options.keys !== undefined && Object.keys(options).some((name) => FETCHING.includes(name));
  assert(!isDouble, "trustIssuer takes keys, or what fetches them, and not both");
  const keys = options.keys === undefined ? findKeys(issuer, options) : options.keys;
  const profileOptions = Object.entries(options).filter(
    ([name]) => !FETCHING.includes(name) && !FOREIGN.includes(name),
  );
  return createProfile<Schema>(
    { ...Object.fromEntries(profileOptions), keys, issuer } as TokenOptions<Schema>,
    { issues: false, needsIat: iat === "required", audienceClaim },
    { issues: false, iat, ...watchKeys(keys, now) },
  ) as TrustedIssuer<Schema, Iat>;
}

/** Creates the keys of an issuer, where the application gave none. */
function findKeys(issuer: string, options: RemoteKeysOptions & Pick<TrustOptions, "jwks">): LoadedKeys {
  const { jwks, ...others } = options;
  const fetching = Object.entries(others).filter(([name]) => name === "now" || FETCHING.includes(name));
  const remote: RemoteKeysOptions = Object.fromEntries(fetching);
  if (jwks !== undefined) return remoteKeys(jwks, remote);
  const { pathname } = checkUrl("trustIssuer: the issuer, where neither jwks nor keys are given,", issuer);
  assert(
    !/\/\.well-known\/(openid-configuration|oauth-authorization-server|jwks\.json)/.test(pathname),
    "trustIssuer takes the issuer's name, as its metadata and its tokens have it, and not the address of its metadata or keys",
  );
  const settings = checkRemoteOptions("trustIssuer", remote);
  return keepKeys(issuer, settings, () => discoverSet(issuer, settings));
}

/** Creates `ready` and `stats` for keys of any kind. */
function watchKeys(keys: VerifyingKey | KeyRing | LiveKeys, now: () => number): Pick<TrustedIssuer, "ready" | "stats"> {
  const loaded = keys as Partial<LoadedKeys>;
  return {
    ready: async () => void (await toSource(keys).remote?.wait()),
    stats: () => loaded.stats?.() ?? { ageMs: null, loads: 0, failures: 0, nextTryAt: null, kids: listKids(keys, now) },
  };
}

/** Lists the names of local keys. */
function listKids(keys: VerifyingKey | KeyRing | LiveKeys, now: () => number): readonly (string | null)[] {
  const set = toSource(keys).read(now) as KeySet;
  return set.keys.map(({ kid }) => kid);
}
