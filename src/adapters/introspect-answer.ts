import { decodeToken } from "../core/token/decode.ts";
import type { Identity } from "../guard/identity.ts";
import type { RefreshTokenInfo, RefreshTokenOwner } from "../sessions/inspect-refresh-token.ts";
import { isObject } from "../shared/object.ts";
import { areStrings, isString } from "../shared/text.ts";

/** Members of an answer. */
export type Members = Readonly<Record<string, unknown>>;

/** The claims that are passed on unchanged (RFC 7662 §2.2, RFC 8705 §3.2), if they have the right type. */
const PASSED_ON: Readonly<Record<string, (value: unknown) => boolean>> = {
  client_id: isString,
  username: isString,
  iss: isString,
  aud: (value) => isString(value) || areStrings(value),
  exp: Number.isFinite,
  iat: Number.isFinite,
  nbf: Number.isFinite,
  jti: isString,
  // Of any type: without it, the token would look like one that is not bound.
  cnf: (value) => value !== undefined,
};

/** Describes a valid access token: its signed claims, and the identity that the guard found. */
export function describeToken(token: string, identity: Identity): Members {
  const { userId, scopes, sid, authenticatedAt, methods, acr } = identity;
  const claims = readSigned(token, identity);
  const passedOn = Object.entries(PASSED_ON).filter(([name, fits]) => fits(claims[name]));
  return {
    sub: userId,
    ...Object.fromEntries(passedOn.map(([name]) => [name, claims[name]])),
    token_type: isBoundToKey(claims) ? "DPoP" : "Bearer",
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    ...describeProof({ sid, authenticatedAt, methods, acr }),
  };
}

/** Describes a valid refresh token. It has no `token_type`, and its `token_use` says what it is. */
export function describeRefreshToken({ userId, sid, createdAt, expiresAt, ...proof }: RefreshTokenInfo): Members {
  const [iat, exp] = [createdAt, expiresAt].map((it) => Math.floor(it.getTime() / 1_000));
  return { sub: userId, iat, exp, token_use: "refresh_token", ...describeProof({ sid, ...proof }) };
}

/** Makes the identity of a refresh token's user, for rules of the application. */
export function toIdentity(info: RefreshTokenOwner): Identity {
  const { userId, sid, authenticatedAt, methods, acr } = info;
  return Object.freeze({ userId, scopes: [], sid, claims: {}, credential: "refresh", authenticatedAt, methods, acr });
}

/** Describes how the user authenticated (RFC 9470 §6.2). */
function describeProof({
  sid,
  authenticatedAt,
  methods,
  acr,
}: Partial<Pick<Identity, "sid" | "authenticatedAt" | "methods" | "acr">>): Members {
  return {
    ...(isString(sid) && { sid }),
    ...(Number.isFinite(authenticatedAt) && { auth_time: Math.floor((authenticatedAt as number) / 1_000) }),
    ...(Array.isArray(methods) && methods.length > 0 && { amr: methods }),
    ...(isString(acr) && { acr }),
  };
}

/**
 * Reads the signed claims of a token that a guard took. The output of a profile's schema may lack some of them, such as
 * `client_id`.
 */
export function readSigned(token: string, { credential, claims }: Identity): Members {
  const shown = isObject(claims) ? (claims as Members) : {};
  if (credential !== "bearer") return shown;
  try {
    return decodeToken(token).claims;
  } catch {
    return shown; // A credential that the application wrote may have that name, and tokens that are not JWTs.
  }
}

function isBoundToKey({ cnf }: Members): boolean {
  return isObject(cnf) && isString((cnf as { readonly jkt?: unknown }).jkt);
}
