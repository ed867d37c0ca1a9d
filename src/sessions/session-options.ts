import { type Duration, toSeconds } from "../core/time.ts";
import type { DpopProof } from "../guard/proof-verifier.ts";
import { assert } from "../shared/assert.ts";
import { readTime } from "../shared/date.ts";
import { MAX_ACR_LENGTH, MAX_METHOD_LENGTH, MAX_METHODS } from "../shared/limits.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import { demandBinding, readBinding } from "./binding.ts";
import type { SessionWishes } from "./details.ts";
import { type SessionDevice, trimDevice } from "./device.ts";
import type { FlowSettings } from "./settings.ts";

/** How a user authenticated. */
export interface AuthenticationOptions {
  /**
   * The methods by which the user authenticated: the `amr` of the access tokens (RFC 8176 §2), such as `["pwd", "otp"]`
   * or `["hwk", "user"]`. `["pwd"]` by default after a password, else none.
   */
  readonly methods?: readonly string[] | undefined;
  /** The class of the authentication: the `acr` of the access tokens (OpenID Connect Core §2). None by default. */
  readonly acr?: string | undefined;
}

/** The options of a session. A member that is `undefined` has its default. */
export interface SessionOptions extends AuthenticationOptions {
  /** The device that it begins on, which `sessions` lists. Nothing is remembered of it by default. */
  readonly device?: SessionDevice | undefined;
  /** How long it lives without being refreshed. `refresh.idleLifetime` by default, and at most. */
  readonly idleLifetime?: Duration | undefined;
  /** How long it lives at the most. `refresh.absoluteLifetime` by default, and at most. */
  readonly absoluteLifetime?: Duration | undefined;
  /**
   * Whether a browser keeps the refresh cookie when it is closed. `true` by default. With `false` the handlers send it
   * without `Max-Age`, here and at each refresh: for users who did not ask to be remembered.
   */
  readonly persistent?: boolean | undefined;
  /**
   * The key that all its access tokens are bound to, as their `cnf.jkt` (RFC 9449 §6): a proof by it, as `proofs.check`
   * gave it, which is recorded as used once the user is known; or the RFC 7638 thumbprint (by SHA-256) of a key whose
   * proof was verified before. None by default: they are Bearer tokens. A bound session is refreshed only with a proof
   * by the same key.
   */
  readonly boundTo?: string | DpopProof | undefined;
}

/** The options of a session that begins after another authentication than a login. */
export interface StartSessionOptions extends SessionOptions {
  /**
   * When the user authenticated. The time of the call by default. Give the `provenAt` of `verifyPassword`, if the
   * second factor came in another request. A user who was logged out everywhere since then, or whose password was
   * changed, is refused.
   */
  readonly provenAt?: Date | undefined;
  /**
   * The refresh token of the session that the client has so far, or several. None by default. That session is ended
   * first (OWASP ASVS 7.2.4). A value that is not a refresh token is ignored.
   */
  readonly refreshToken?: unknown;
}

/** The names of {@link AuthenticationOptions}. */
const AUTHENTICATION: OptionNames<AuthenticationOptions> = { methods: "optional", acr: "optional" };

/** The names of {@link SessionOptions}. */
const NAMES: OptionNames<SessionOptions> = {
  ...AUTHENTICATION,
  device: "optional",
  idleLifetime: "optional",
  absoluteLifetime: "optional",
  persistent: "optional",
  boundTo: "optional",
};

/** The names of {@link StartSessionOptions}. */
export const START_OPTIONS: OptionNames<StartSessionOptions> = {
  ...NAMES,
  provenAt: "optional",
  refreshToken: "optional",
};

const METHOD = new RegExp(`^[!-~]{1,${MAX_METHOD_LENGTH}}$`);
const ACR = new RegExp(`^[!-~]{1,${MAX_ACR_LENGTH}}$`);

/**
 * Checks session options.
 *
 * @throws TypeError that names what is wrong
 * @throws AuthError `invalid_dpop_proof` (401) where every credential demands bound tokens, and no key is given
 */
export function checkSessionOptions(
  owner: string,
  settings: Pick<FlowSettings, "refresh" | "bindsAll" | "realm">,
  options: SessionOptions,
  names: OptionNames<SessionOptions> = NAMES,
): SessionWishes {
  checkNames(owner, options, names);
  const { refresh } = settings;
  const { device, idleLifetime, absoluteLifetime, persistent, boundTo } = options;
  const isKept = [idleLifetime, absoluteLifetime, persistent].some((it) => it !== undefined);
  assert(!isKept || refresh !== null, `${owner}: lifetimes and persistent are for sessions: give refresh: { store }`);
  assert(persistent === undefined || typeof persistent === "boolean", `${owner}: persistent must be true or false`);
  const binding = boundTo === undefined ? null : readBinding(owner, boundTo);
  demandBinding(settings, binding?.boundTo ?? null);
  return {
    ...checkAuthentication(owner, options),
    ...(device !== undefined && { device: trimDevice(device) }),
    ...(idleLifetime !== undefined && {
      idleLifetime: checkLifetime(owner, "idleLifetime", idleLifetime, refresh?.idleLifetime),
    }),
    ...(absoluteLifetime !== undefined && {
      absoluteLifetime: checkLifetime(owner, "absoluteLifetime", absoluteLifetime, refresh?.absoluteLifetime),
    }),
    ...(persistent !== undefined && { persistent }),
    ...binding,
  };
}

/**
 * Checks authentication options.
 *
 * @throws TypeError that names what is wrong
 */
export function checkAuthenticationOptions(
  owner: string,
  options: AuthenticationOptions,
): Pick<SessionWishes, "methods" | "acr"> {
  checkNames(owner, options, AUTHENTICATION);
  return checkAuthentication(owner, options);
}

const EXPECTED_METHODS = `at most ${MAX_METHODS} names without spaces, as in RFC 8176, such as ["pwd", "otp"]`;

const EXPECTED_ACR = `a name without spaces, of at most ${MAX_ACR_LENGTH} characters`;

function checkAuthentication(
  owner: string,
  { methods, acr }: AuthenticationOptions,
): Pick<SessionWishes, "methods" | "acr"> {
  const areMethods = methods === undefined || (Array.isArray(methods) && methods.every(isMethod));
  assert(areMethods && (methods?.length ?? 0) <= MAX_METHODS, `${owner}: methods must be ${EXPECTED_METHODS}`);
  assert(acr === undefined || (typeof acr === "string" && ACR.test(acr)), `${owner}: acr must be ${EXPECTED_ACR}`);
  return { ...(methods !== undefined && { methods: [...methods] }), ...(acr !== undefined && { acr }) };
}

function isMethod(value: unknown): boolean {
  return typeof value === "string" && METHOD.test(value);
}

/** Gives a lifetime in milliseconds. */
function checkLifetime(owner: string, name: string, lifetime: Duration, most = 0): number {
  const ms = toSeconds(`${owner}: ${name}`, lifetime, 1) * 1_000;
  assert(ms <= most, `${owner}: ${name} is longer than refresh: { ${name} }, which is the most: lengthen that`);
  return ms;
}

/**
 * Reads when a user authenticated, in milliseconds since 1970; `null` if it is not given.
 *
 * @throws TypeError where it is not a valid Date
 */
export function readProvenAt(owner: string, { provenAt }: StartSessionOptions): number | null {
  if (provenAt === undefined) return null;
  const time = readTime(provenAt);
  assert(!Number.isNaN(time), `${owner}: provenAt must be a valid Date`);
  return time;
}
