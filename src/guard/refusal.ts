import { AuthError, type AuthErrorCode, type AuthErrorDetails } from "../core/errors.ts";
import { formatChallenge } from "../core/http/challenge.ts";
import type { Credential } from "./credential.ts";

/** The contents of a guard's challenges. */
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
 * Makes a refusal whose challenge has a guard's realm, parameters and schemes. The scheme of the shown credential comes
 * first and has the error; the others follow (RFC 9110 §11.6.1). If no credential was shown, the guard's first scheme
 * comes first.
 */
export function createRefusal(
  { realm, challenge, schemes }: ChallengeSettings,
  code: AuthErrorCode,
  details: AuthErrorDetails = {},
  shown?: Pick<Credential, "challenge">,
): AuthError {
  const own = shown && (shown.challenge?.scheme ?? BEARER);
  const first = schemes.find(({ scheme }) => scheme === own) ?? schemes[0];
  const { scope } = details;
  // The guard's own parameters may have a scope. The scope that this refusal asks for replaces it.
  const required = { ...(scope !== undefined && { scope }), ...details.challenge };
  const params = { ...challenge, ...first?.parameters, ...required };
  const { scheme = BEARER } = first ?? {};
  const error = new AuthError(code, { realm, scheme, ...details, challenge: params });
  const header = error.headers[HEADER];
  if (schemes.length < 2 || header === undefined) return error;
  const others = schemes.filter((it) => it !== first);
  const further = others.map((it) => formatChallenge({ realm, ...challenge, ...it.parameters }, it.scheme));
  return new AuthError(code, {
    ...details,
    headers: { ...details.headers, [HEADER]: [header, ...further].join(", ") },
  });
}

/**
 * Puts the guard's challenge into a refusal, and keeps its other headers. A refusal without a challenge stays as it is,
 * and so does one whose challenge was written by a credential of the application.
 */
export function nameRealm(
  settings: ChallengeSettings,
  error: AuthError,
  shown?: Pick<Credential, "challenge">,
): AuthError {
  const usual = new AuthError(error.code).headers[HEADER];
  if (usual === undefined || error.headers[HEADER] !== usual) return error;
  const { [HEADER]: _, ...headers } = error.headers;
  return createRefusal(settings, error.code, { ...("cause" in error && { cause: error.cause }), headers }, shown);
}
