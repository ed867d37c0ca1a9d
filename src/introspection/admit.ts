import { AuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { createTokenError, createTokenMismatch } from "../core/token/compact.ts";
import type { ShownIdentity } from "../guard/credential.ts";
import { createIdentity } from "../guard/identity.ts";
import { referToToken } from "../guard/token-reference.ts";
import type { Answer, IntrospectedClaims } from "./answer.ts";
import type { IntrospectionSettings } from "./options.ts";

/**
 * Gives the identity that an answer describes, if the token is valid here and now. A cached answer is checked again,
 * too.
 *
 * @throws AuthError `invalid_token` or `expired` (401)
 */
export function admitAnswer(settings: IntrospectionSettings, { claims }: Answer): ShownIdentity<IntrospectedClaims> {
  if (claims === null) throw createTokenError("the endpoint says that the token is not active");
  refuseOtherKinds(claims);
  refuseOtherParties(settings, claims);
  refuseOtherTimes(settings, claims);
  // An answer may leave out when the token was issued. Then every log-out everywhere revokes it.
  const checked = { ...claims, iat: claims.iat ?? 0 } as CheckedClaims;
  const identity = createIdentity(checked, claims, settings.identity, settings.name);
  return { ...identity, revocation: referToToken(checked, identity) };
}

/**
 * Refuses refresh tokens, and tokens that are bound to a key of the client (RFC 9449, RFC 8705): those need a proof.
 */
function refuseOtherKinds({ token_type, cnf, token_use, typ }: IntrospectedClaims): void {
  const isBearer = token_type === undefined || (typeof token_type === "string" && /^bearer$/i.test(token_type));
  if (!isBearer) throw createTokenMismatch("token_type", token_type, "Bearer");
  if (cnf !== undefined) throw createTokenError("the token is bound by cnf, and came without a proof");
  const isRefreshToken = [token_use, typ].some((it) => typeof it === "string" && /^refresh/i.test(it));
  if (isRefreshToken) throw createTokenError("the token is a refresh token");
}

function refuseOtherParties({ audience, issuer }: IntrospectionSettings, { aud, iss }: IntrospectedClaims): void {
  const isMeantHere = audience === null || [aud].flat().some((it) => audience.includes(it as string));
  if (!isMeantHere) throw createTokenMismatch("aud", aud, audience);
  if (issuer !== null && iss !== issuer) throw createTokenMismatch("iss", iss, [issuer]);
}

function refuseOtherTimes({ clockTolerance, now }: IntrospectionSettings, { exp, nbf }: IntrospectedClaims): void {
  const seconds = readClock(now) / 1_000;
  if (exp !== undefined && !(seconds < exp + clockTolerance)) {
    throw new AuthError("expired", { cause: new Error(`exp is ${exp}, and has been reached at ${seconds}`) });
  }
  const isToCome = nbf !== undefined && !(nbf <= Math.floor(seconds) + clockTolerance);
  if (isToCome) throw createTokenError(`nbf is ${nbf}, and still to come at ${seconds}`);
}
