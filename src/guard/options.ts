import { formatChallenge } from "../core/http/challenge.ts";
import { A_PROFILE, isProfile, type TokenProfile } from "../core/token/profile.ts";
import { createEmit, type Emit } from "../events/emit.ts";
import type { AuthEventListener } from "../events/event.ts";
import { emitOutages } from "../events/outages.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_REQUEST_TIMEOUT_MS, DEFAULT_STORE_TIMEOUT_MS } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";
import { checkFunction, checkInteger, checkMethods, checkText, type OptionNames } from "../shared/options.ts";
import { refusePromise } from "../shared/promise.ts";
import { readMark } from "../shared/read.ts";
import { isFilled } from "../shared/text.ts";
import { type OutageListener, warnOfFirstOutage } from "../store-calls/outage.ts";
import { CallCounter, type CallObserver } from "../store-calls/stats.ts";
import type { Blocklist } from "../stores/contract.ts";
import { bearer } from "./bearer.ts";
import type { Credential } from "./credential.ts";
import type { ChallengeSettings } from "./refusal.ts";
import { listProfiles } from "./token-credentials.ts";

/** The options of every guard. */
export interface CommonGuardOptions {
  /** The list of what was revoked before it expired. None by default: a token is then valid until it expires. */
  readonly blocklist?: Blocklist;
  /** The protection space that challenges name (RFC 9110 §11.5). `"api"` by default. */
  readonly realm?: string;
  /**
   * Parameters of each challenge beside the realm, such as `{ resource_metadata: "https://api.example.com/…" }` (RFC
   * 9728 §5.1). None by default.
   */
  readonly challenge?: Readonly<Record<string, string>>;
  /** How long one call of a store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /** How long all calls that one request makes may take, hashing included, in milliseconds. 5000 by default. */
  readonly requestTimeoutMs?: number;
  /**
   * A listener that is told once for each request that is refused with 503 (`unavailable`, or `overloaded` at a login),
   * and once for each that went on without a store that was down. The error's `cause` says what happened, for a log.
   * The listener can't change the answer. By default the process is warned of the first outage.
   *
   * @example
   * ```ts
   * const onOutage: OutageListener = (error, { operation, call }) => logger.error({ err: error, operation, call });
   * createGuard({ token, blocklist, onOutage });
   * ```
   */
  readonly onOutage?: OutageListener;
  /**
   * A listener that is told of what happens: refusals, outages, and with an authenticator logins, sessions and
   * passwords. It can't change the answer. None by default; the channel `hallpass:event` of `node:diagnostics_channel`
   * has the same events, and Node makes an uncaught exception of what a subscriber of that throws.
   *
   * @example
   * ```ts
   * const onEvent: AuthEventListener = (event) => logger.info({ event });
   * createGuard({ token, onEvent });
   * ```
   */
  readonly onEvent?: AuthEventListener;
}

/** The options of a {@link Guard} with one kind of token. */
export interface GuardOptions<Profile extends TokenProfile = TokenProfile> extends CommonGuardOptions {
  /** The kind of token to let in, by an `Authorization: Bearer` header: short for `credentials: [bearer(token)]`. */
  readonly token: Profile;
}

/** The options of a {@link Guard} with any kinds of credentials. */
export interface CredentialGuardOptions<Credentials extends readonly Credential[] = readonly Credential[]>
  extends CommonGuardOptions {
  /**
   * The ways in which a request may show who is asking. A request that shows two different ones is refused (RFC 6750
   * §2).
   */
  readonly credentials: Credentials;
}

/** The options that every guard may have, by name. */
export const GUARD_OPTIONS: OptionNames<CommonGuardOptions> = {
  blocklist: "optional",
  realm: "optional",
  challenge: "optional",
  storeTimeoutMs: "optional",
  requestTimeoutMs: "optional",
  onOutage: "optional",
  onEvent: "optional",
};

/** Guard options, checked and with their defaults. */
export interface GuardSettings extends ChallengeSettings {
  readonly credentials: readonly Credential[];
  readonly blocklist: Blocklist | null;
  /** The clock of the first profile, or the system's. */
  readonly clock: Pick<TokenProfile, "now" | "clockTolerance">;
  readonly storeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly onOutage: OutageListener;
  readonly emit: Emit;
  readonly observe: CallObserver;
  readonly counter: CallCounter;
}

/** Makes the credentials of a guard of one kind of token. */
export function checkToken<Profile extends TokenProfile>(token: Profile): readonly Credential[] {
  if (!isProfile(token)) {
    const isCredential = typeof readMark(token, "read") === "function";
    const remedy = isCredential ? "; this is a credential: give it as credentials: [it]" : "";
    refusePromise("token", token);
    throw new TypeError(`token must be ${A_PROFILE}${remedy}`);
  }
  return [bearer(token)];
}

/** Checks the options that guards and authenticators have in common. */
export function checkGuardOptions(options: CommonGuardOptions, credentials: readonly Credential[]): GuardSettings {
  const { blocklist, realm = "api", challenge = {}, onOutage = warnOfFirstOutage(), onEvent } = options;
  const { storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
  checkCredentialList(credentials);
  if (blocklist !== undefined) {
    checkMethods(
      "blocklist",
      blocklist,
      ["revokeToken", "revokeSession", "revokeUser", "isRevoked"],
      "memoryBlocklist() of hallpass/stores/memory",
    );
  }
  const schemes = listSchemes(credentials);
  for (const { scheme, parameters } of [{ scheme: "Bearer", parameters: {} }, ...schemes]) {
    formatChallenge({ realm: checkText("realm", realm), ...challenge, ...parameters }, scheme);
  }
  checkInteger("storeTimeoutMs", storeTimeoutMs, 1, 600_000);
  checkInteger("requestTimeoutMs", requestTimeoutMs, 1, 600_000);
  checkFunction("onOutage", onOutage, "(error, { operation, call }) => logger.error({ err: error, operation, call })");
  if (onEvent !== undefined) checkFunction("onEvent", onEvent, "(event) => logger.info({ event })");
  const [clock = { now: systemClock, clockTolerance: 0 }] = credentials.flatMap(listProfiles);
  const counter = new CallCounter();
  const limits = { storeTimeoutMs, requestTimeoutMs };
  const emit = createEmit(onEvent, clock.now);
  return {
    credentials: [...credentials],
    blocklist: blocklist ?? null,
    realm,
    challenge: { ...challenge },
    schemes,
    clock,
    ...limits,
    onOutage: emitOutages(onOutage, emit),
    emit,
    observe: counter.observe,
    counter,
  };
}

function checkCredentialList(credentials: readonly Credential[]): void {
  const fit = Array.isArray(credentials) && credentials.length > 0 && credentials.every(isCredential);
  assert(fit, "credentials must be a list, such as [bearer(token)]: each has name, place, read and verify");
  const names = credentials.map(({ name }) => name);
  assert(credentials.every(isChallengeFit), 'a credential\'s challenge must be { scheme: "DPoP", parameters? }');
  assert(new Set(names).size === names.length, "two credentials have the same name: bearer takes several profiles");
}

function isCredential(value: unknown): boolean {
  const { name, place, read, verify } = (value ?? {}) as Partial<Credential>;
  return [name, place].every(isFilled) && [read, verify].every((it) => typeof it === "function");
}

/**
 * Tells whether a credential has no challenge, or one of the right shape. Its strings are checked when it is formatted.
 */
function isChallengeFit({ challenge }: Credential): boolean {
  if (challenge === undefined) return true;
  return isObject(challenge) && isFilled(challenge.scheme) && isObject(challenge.parameters ?? {});
}

/**
 * Lists the schemes of the challenge. Credentials without a scheme of their own have the Bearer scheme, which comes
 * first.
 */
function listSchemes(credentials: readonly Credential[]): ChallengeSettings["schemes"] {
  const own = credentials.flatMap(({ challenge }) => challenge ?? []);
  const needsBearer = own.length < credentials.length && own.length > 0;
  return needsBearer ? [{ scheme: "Bearer" }, ...own] : own;
}
