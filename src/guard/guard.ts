import { AuthError, isAuthError } from "../core/errors.ts";
import { parseBearer } from "../core/http/bearer.ts";
import { formatChallenge } from "../core/http/challenge.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import {
  type ClaimsOf,
  internalsOf,
  isProfile,
  type ProfileInternals,
  type TokenProfile,
} from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { openToken, openTokenInPool, recallToken, shapeClaims } from "../core/token/verify.ts";
import { DEFAULT_REQUEST_TIMEOUT_MS, DEFAULT_STORE_TIMEOUT_MS } from "../shared/limits.ts";
import {
  checkFunction,
  checkInteger,
  checkMethods,
  checkOptions,
  checkText,
  type OptionNames,
} from "../shared/options.ts";
import { checkBoolean } from "../store-calls/answers.ts";
import { ask, waitFor } from "../store-calls/ask.ts";
import { isOutage, type OutageListener, tellOutage, warnOnce } from "../store-calls/outage.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";
import { type Identity, identityOf, isIdentity, referenceOf } from "./identity.ts";
import { promised } from "./promised.ts";

/** An Authorization header as a framework has it: one, several, or none. */
export type AuthorizationHeader = string | readonly string[] | null | undefined;

/** What a {@link Guard} is made of. */
export interface GuardOptions<Profile extends TokenProfile = TokenProfile> {
  /** The kind of token to let in. */
  readonly token: Profile;
  /** What was revoked before it expired. None by default: a token is then good until it expires. */
  readonly blocklist?: Blocklist;
  /** The protection space that challenges name (RFC 9110 §11.5). `"api"` by default. */
  readonly realm?: string;
  /** How long one call of a store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /** How long all calls that one request makes may take, hashing included, in milliseconds. 5000 by default. */
  readonly requestTimeoutMs?: number;
  /**
   * Told once for each request that is refused with 503 (`unavailable`, or `overloaded` at a login), and once for each that
   * went on without a store that was down. The error's `cause` says what happened, for a log. It can't change the answer.
   * By default the process is warned of the first one.
   *
   * @example
   * ```ts
   * createGuard({ token, blocklist, onOutage: (error, { operation, call }) => logger.error({ err: error, operation, call }) });
   * ```
   */
  readonly onOutage?: OutageListener;
}

/** Tells who is asking, and whether they may. Every refusal is an {@link AuthError}. */
export interface Guard<Claims = unknown> {
  /**
   * Who is asking. Several headers are refused.
   *
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticate(header: AuthorizationHeader): Promise<Identity<Claims>>;
  /**
   * Who is asking, or `null` where there is no Bearer credential. A bad one is refused all the same.
   *
   * @throws AuthError 400, 401, or 503 in an outage
   */
  authenticateOptional(header: AuthorizationHeader): Promise<Identity<Claims> | null>;
  /**
   * Lets an identity pass that has all the scopes.
   *
   * @throws AuthError `insufficient_scope` (403), or `missing_token` (401) for `null`
   * @throws TypeError for anything else, such as a promise that nobody awaited
   */
  authorize(identity: Identity | null, scopes: readonly string[]): void;
}

/** The options of a guard, by name. */
export const GUARD_OPTIONS: OptionNames<GuardOptions> = {
  token: "required",
  blocklist: "optional",
  realm: "optional",
  storeTimeoutMs: "optional",
  requestTimeoutMs: "optional",
  onOutage: "optional",
};

/** Guard options, checked and with their defaults. */
export interface GuardSettings<Profile extends TokenProfile> {
  readonly token: Profile;
  readonly blocklist: Blocklist | null;
  readonly realm: string;
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly onOutage: OutageListener;
}

/**
 * Binds a token profile, and a blocklist if there is one, to what a resource server asks of every request.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const guard = createGuard({ token: accessToken });
 * const identity = await guard.authenticate(request.headers.authorization);
 * guard.authorize(identity, ["orders:read"]);
 * ```
 */
export function createGuard<Profile extends TokenProfile>(options: GuardOptions<Profile>): Guard<ClaimsOf<Profile>> {
  checkOptions("createGuard", options, GUARD_OPTIONS);
  return guardOf(guardSettings(options));
}

/** Checks what both {@link createGuard} and {@link createAuthenticator} take. */
export function guardSettings<Profile extends TokenProfile>(options: GuardOptions<Profile>): GuardSettings<Profile> {
  const {
    token,
    blocklist,
    realm = "api",
    storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS,
    requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS,
  } = options;
  const { onOutage = warnOnce() } = options;
  if (!isProfile(token)) throw new TypeError("token must be a profile made by defineToken");
  if (blocklist !== undefined) {
    checkMethods("blocklist", blocklist, ["revokeToken", "revokeSession", "revokeUser", "isRevoked"]);
  }
  formatChallenge({ realm: checkText("realm", realm) });
  checkInteger("storeTimeoutMs", storeTimeoutMs, 1, 600_000);
  checkInteger("requestTimeoutMs", requestTimeoutMs, 1, 600_000);
  checkFunction("onOutage", onOutage, "(error, { operation, call }) => logger.error({ err: error, operation, call })");
  return { token, blocklist: blocklist ?? null, realm, storeTimeoutMs, requestTimeoutMs, onOutage };
}

const BEARER = "Bearer ";

/** The guard of settings that were checked. */
export function guardOf<Profile extends TokenProfile>(settings: GuardSettings<Profile>): Guard<ClaimsOf<Profile>> {
  const { blocklist, realm, onOutage } = settings;
  const storeTimeoutMs = Math.min(settings.storeTimeoutMs, settings.requestTimeoutMs); // a request makes one call
  const profile = internalsOf<ClaimsSchema | undefined>("createGuard", settings.token);
  const { threadPool, schema } = profile;

  type Found = Identity<ClaimsOf<Profile>>;

  const refuse = (error: unknown): never => {
    if (isOutage(error)) tellOutage(onOutage, error, "authenticate", true);
    else if (isAuthError(error)) throw inRealm(error, realm);
    throw error;
  };

  /** Tells who is asking, where nobody has to be waited for. */
  const recognise =
    <None>(none: () => None) =>
    (header: AuthorizationHeader): Found | None => {
      try {
        const found = tokenIn(onlyOne(header), profile);
        if (found === null) return none();
        const checked = typeof found === "string" ? openToken(found, profile) : found;
        return identityOf(checked, checked as ClaimsOf<Profile>);
      } catch (error) {
        return refuse(error);
      }
    };

  /** Tells the same where the thread pool, the schema or the blocklist has to be waited for. */
  const inquire =
    <None>(none: () => None) =>
    async (header: AuthorizationHeader): Promise<Found | None> => {
      try {
        const found = tokenIn(onlyOne(header), profile);
        if (found === null) return none();
        // Awaited only where there is something to wait for: to wait for nothing would take a tenth of the whole.
        const opened = threadPool && typeof found === "string" ? await openTokenInPool(found, profile) : found;
        const checked = typeof opened === "string" ? openToken(opened, profile) : opened;
        const claims =
          schema === undefined
            ? checked
            : await waitFor("the claims' schema", storeTimeoutMs, shapeClaims(checked, schema));
        const identity = identityOf(checked, claims as ClaimsOf<Profile>);
        await refuseRevoked(blocklist, storeTimeoutMs, checked, identity.userId);
        return identity;
      } catch (error) {
        return refuse(error);
      }
    };

  const waits = threadPool || schema !== undefined || blocklist !== null;
  const asking = <None extends null>(none: () => None) => (waits ? inquire(none) : promised(recognise(none)));

  return Object.freeze({
    authenticate: asking(refuseAbsent),
    authenticateOptional: asking(() => null),
    authorize(identity: Identity | null, scopes: readonly string[]) {
      if (identity === null) throw new AuthError("missing_token", { realm });
      if (!isIdentity(identity)) throw new TypeError("authorize takes the identity that authenticate gave: await it");
      if (scopes.some((scope) => !identity.scopes.includes(scope))) {
        throw new AuthError("insufficient_scope", { scope: scopes.join(" "), realm });
      }
    },
  });
}

/**
 * The header's token; or its claims, where it was verified before: then it has been parsed before, which takes as long
 * as all else.
 */
function tokenIn(header: string | null | undefined, profile: ProfileInternals<unknown>): string | CheckedClaims | null {
  const isUsual = typeof header === "string" && header.startsWith(BEARER);
  return (isUsual ? recallToken(header.slice(BEARER.length), profile) : undefined) ?? parseBearer(header);
}

function refuseAbsent(): never {
  throw new AuthError("missing_token");
}

function inRealm(error: AuthError, realm: string): AuthError {
  return new AuthError(error.code, { realm, ...("cause" in error && { cause: error.cause }) });
}

function onlyOne(header: AuthorizationHeader): string | null | undefined {
  if (!Array.isArray(header)) return header as string | null | undefined;
  if (header.length > 1) throw new AuthError("invalid_request", { cause: new Error("several Authorization headers") });
  return header[0];
}

function refuseRevoked(
  blocklist: Blocklist | null,
  storeTimeoutMs: number,
  checked: CheckedClaims,
  userId: string,
): Promise<void> | undefined {
  return blocklist === null ? undefined : askBlocklist(blocklist, storeTimeoutMs, referenceOf(checked, userId));
}

async function askBlocklist(blocklist: Blocklist, storeTimeoutMs: number, token: TokenReference): Promise<void> {
  const call = () => blocklist.isRevoked(token);
  if (await ask("blocklist.isRevoked", storeTimeoutMs, call, checkBoolean)) throw new AuthError("revoked");
}
