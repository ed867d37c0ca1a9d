import { parseBearer } from "../core/bearer.ts";
import { formatChallenge } from "../core/challenge.ts";
import { AuthError, isAuthError } from "../core/errors.ts";
import { checkInteger, checkMethods, checkOptions, checkText } from "../core/options.ts";
import { type ClaimsOf, internalsOf, isProfile, type TokenProfile } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { openToken, recallToken, shapeClaims } from "../core/token/verify.ts";
import type { Blocklist, TokenReference } from "../stores/contract.ts";
import { isBoolean } from "./answers.ts";
import { ask } from "./ask.ts";
import { type Identity, identityOf, referenceOf } from "./identity.ts";
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
   */
  authorize(identity: Identity | null, scopes: readonly string[]): void;
}

/** The options of a guard, by name. */
export const GUARD_OPTIONS = ["token", "blocklist", "realm", "storeTimeoutMs", "requestTimeoutMs"] as const;

/** Guard options, checked and with their defaults. */
export interface GuardSettings<Profile extends TokenProfile> {
  readonly token: Profile;
  readonly blocklist: Blocklist | null;
  readonly realm: string;
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
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
  const { token, blocklist, realm = "api", storeTimeoutMs = 2_000, requestTimeoutMs = 5_000 } = options;
  if (!isProfile(token)) throw new TypeError("token must be a profile made by defineToken");
  if (blocklist !== undefined) {
    checkMethods("blocklist", blocklist, ["revokeToken", "revokeSession", "revokeUser", "isRevoked"]);
  }
  formatChallenge({ realm: checkText("realm", realm) });
  checkInteger("storeTimeoutMs", storeTimeoutMs, 1, 600_000);
  checkInteger("requestTimeoutMs", requestTimeoutMs, 1, 600_000);
  return { token, blocklist: blocklist ?? null, realm, storeTimeoutMs, requestTimeoutMs };
}

const BEARER = "Bearer ";

/** The guard of settings that were checked. */
export function guardOf<Profile extends TokenProfile>(settings: GuardSettings<Profile>): Guard<ClaimsOf<Profile>> {
  const { blocklist, realm } = settings;
  const storeTimeoutMs = Math.min(settings.storeTimeoutMs, settings.requestTimeoutMs); // a request makes one call
  const profile = internalsOf<ClaimsSchema | undefined>("createGuard", settings.token);
  const asksNobody = blocklist === null && profile.schema === undefined;

  type Found = Identity<ClaimsOf<Profile>>;
  type Opened = ReturnType<typeof openToken>;

  /** The claims of the header's token. One that was verified before has been parsed before, which takes as long as all else. */
  const claimsOf = (header: string | null | undefined): Opened | null => {
    const known =
      typeof header === "string" && header.startsWith(BEARER) && recallToken(header.slice(BEARER.length), profile);
    if (known) return known;
    const token = parseBearer(header);
    return token === null ? null : openToken(token, profile);
  };

  const refuse = (error: unknown): never => {
    throw isAuthError(error) ? inRealm(error, realm) : error;
  };

  const recognise = (header: AuthorizationHeader): Found | Promise<Found> | null => {
    try {
      const opened = claimsOf(onlyOne(header));
      if (opened === null) return null;
      if (asksNobody && !(opened instanceof Promise)) return identityOf(opened as ClaimsOf<Profile>);
      return inquire(opened);
    } catch (error) {
      return refuse(error);
    }
  };

  const inquire = async (opened: Opened): Promise<Found> => {
    try {
      // Awaited only where there is a promise: waiting for nothing would take a tenth of the whole.
      const checked = opened instanceof Promise ? await opened : opened;
      const shaped = shapeClaims(checked, profile);
      const identity = identityOf((shaped instanceof Promise ? await shaped : shaped) as ClaimsOf<Profile>);
      if (blocklist !== null) await refuseRevoked(blocklist, storeTimeoutMs, referenceOf(checked, identity.userId));
      return identity;
    } catch (error) {
      return refuse(error);
    }
  };

  return Object.freeze({
    authenticate: promised(
      (header: AuthorizationHeader) => recognise(header) ?? refuse(new AuthError("missing_token")),
    ),
    authenticateOptional: promised(recognise),
    authorize(identity: Identity | null, scopes: readonly string[]) {
      if (identity === null) throw new AuthError("missing_token", { realm });
      if (scopes.some((scope) => !identity.scopes.includes(scope))) {
        throw new AuthError("insufficient_scope", { scope: scopes.join(" "), realm });
      }
    },
  });
}

function inRealm(error: AuthError, realm: string): AuthError {
  return new AuthError(error.code, { realm, ...("cause" in error && { cause: error.cause }) });
}

function onlyOne(header: AuthorizationHeader): string | null | undefined {
  if (!Array.isArray(header)) return header as string | null | undefined;
  if (header.length > 1) throw new AuthError("invalid_request", { cause: new Error("several Authorization headers") });
  return header[0];
}

async function refuseRevoked(blocklist: Blocklist, storeTimeoutMs: number, token: TokenReference): Promise<void> {
  const call = () => blocklist.isRevoked(token);
  if (await ask("blocklist.isRevoked", storeTimeoutMs, call, isBoolean)) throw new AuthError("revoked");
}
