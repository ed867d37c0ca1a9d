import { AuthError } from "../core/errors.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { decodeToken } from "../core/token/decode.ts";
import { issueAt } from "../core/token/issue.ts";
import { readIssueTime } from "../core/token/jti.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { referToToken } from "../guard/token-reference.ts";
import { checkBoolean, checkObject } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import type { SessionDetails } from "./details.ts";
import { limitToSession, type TokenSession } from "./expiry.ts";
import type { LoginResult } from "./result.ts";
import type { FlowSettings, IssuingSettings } from "./settings.ts";
import { claimStatus } from "./status.ts";

/** Reads the claims that the application gives a user. */
export async function callClaims<U extends User>({ budget, claims }: IssuingSettings<U>, user: U): Promise<object> {
  return budget.callStore("claims", async () => claims(user), checkObject);
}

/** What an access token says about its session. */
export type TokenDetails = Pick<SessionDetails, "authenticatedAt" | "methods" | "acr" | "boundTo">;

/**
 * Issues a user's access token with a given issue time. It expires with its session at the latest. Its claims
 * `auth_time` (OpenID Connect Core §2), `amr` (RFC 8176) and `acr` say when and how the user authenticated. `cnf` is
 * the key that it is bound to (RFC 9449 §6.1), and `status` its session's place in a status list.
 *
 * @throws AuthError `revoked` (401) where the session is over by then
 */
export async function issueAccessToken<U extends User>(
  settings: FlowSettings,
  user: U,
  claims: object,
  session: TokenSession | null,
  date: number,
  { authenticatedAt, methods, acr, boundTo }: TokenDetails,
): Promise<LoginResult<U>> {
  const { token, budget, realm } = settings;
  const expiresIn = limitToSession(token, session, date);
  if (expiresIn < 1) throw createSessionOverError(realm);
  const input = {
    ...claims,
    sub: user.id,
    ...(session !== null && { sid: session.sid, ...claimStatus(settings, session.sid) }),
    auth_time: Math.floor(authenticatedAt / 1_000),
    ...(methods.length > 0 && { amr: methods }),
    ...(acr !== null && { acr }),
    ...(boundTo !== null && { cnf: { jkt: boundTo } }),
  } as InputOf<TokenProfile>;
  const accessToken = await budget.wait("the claims' schema", issueAt(input, token, date, expiresIn));
  return { accessToken, tokenType: boundTo === null ? "Bearer" : "DPoP", expiresIn, user };
}

/** Makes the refusal for a session that has ended. */
export function createSessionOverError(realm: string): AuthError {
  return new AuthError("revoked", { realm, cause: new Error("the session has ended") });
}

/**
 * Refuses to hand out an access token that a log-out everywhere has revoked already. Only a blocklist without
 * `revokedUpTo` is asked: with one that has it, tokens are dated after that instant.
 *
 * @throws AuthError `unavailable` (503) where the token is revoked, since one that is issued a moment later will be
 * valid
 */
export async function refuseRevokedToken({ blocklist, budget }: FlowSettings, accessToken: string): Promise<void> {
  if (blocklist === null || blocklist.revokedUpTo !== undefined) return;
  const claims = decodeToken(accessToken).claims as unknown as CheckedClaims;
  const { sub, jti, iat } = claims;
  const issued = referToToken(claims, { userId: sub as string, issuedAt: readIssueTime(jti, iat) });
  const reference = { ...issued, sid: null }; // The session is not asked about.
  const isRevoked = await budget.callStore("blocklist.isRevoked", () => blocklist.isRevoked(reference), checkBoolean);
  if (!isRevoked) return;
  throw new AuthError("unavailable", { cause: new Error("the user's tokens are revoked up to now: send it again") });
}
