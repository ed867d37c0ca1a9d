import { AuthError, type AuthErrorCode, type AuthErrorDetails } from "../core/errors.ts";
import { formatChallenge } from "../core/http/challenge.ts";
import type { Credential } from "./credential.ts";

/** What a guard's challenges say. */
export interface ChallengeSettings {
  readonly realm: string;
  /** Parameters of each challenge. */
  readonly challenge: Readonly<Record<string, string>>;
  /** The credentials' own parts of the challenge. */
  readonly schemes: readonly NonNullable<Credential["challenge"]>[];
}

const HEADER = "WWW-Authenticate";
const BEARER = "Bearer";

/**
 * Makes a refusal whose challenge names a guard's realm, parameters and schemes. The first scheme has the error; the
 * others are named behind it (RFC 9110 §11.6.1).
 */
export function createRefusal(
  { realm, challenge, schemes }: ChallengeSettings,
  code: AuthErrorCode,
  details: AuthErrorDetails = {},
): AuthError {
  const [first, ...others] = schemes;
  const { scope } = details;
  // A guard may name the scopes to begin with. What a refusal lacks goes before that.
  const own = { ...(scope !== undefined && { scope }), ...details.challenge };
  const params = { ...challenge, ...first?.parameters, ...own };
  const error = new AuthError(code, { realm, ...details, challenge: params });
  const header = error.headers[HEADER];
  if (first === undefined || header === undefined) return error;
  const further = others.map(({ scheme, parameters }) =>
    formatChallenge({ realm, ...challenge, ...parameters }, scheme),
  );
  const text = [first.scheme + header.slice(BEARER.length), ...further].join(", ");
  return new AuthError(code, { ...details, headers: { ...details.headers, [HEADER]: text } });
}

/**
 * Gives a refusal the guard's challenge. A refusal without a challenge stays as it is, and so does one whose challenge
 * a credential of the application's own has written.
 */
export function nameRealm(settings: ChallengeSettings, error: AuthError): AuthError {
  const usual = new AuthError(error.code).headers[HEADER];
  if (usual === undefined || error.headers[HEADER] !== usual) return error;
  return createRefusal(settings, error.code, "cause" in error ? { cause: error.cause } : {});
}
