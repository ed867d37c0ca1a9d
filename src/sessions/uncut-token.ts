import { AuthError } from "../core/errors.ts";
import type { User } from "../stores/contract.ts";
import { issueAccessToken, refuseRevokedToken, type TokenDetails } from "./access-token.ts";
import type { TokenSession } from "./expiry.ts";
import { type LogoutMarks, readRevokedUpTo } from "./marks.ts";
import type { LoginResult } from "./result.ts";
import type { FlowSettings } from "./settings.ts";

/** A user who may have tokens, and what the decision rests on. */
export interface Decision<U extends User> {
  readonly user: U;
  /** The application's claims about the user. */
  readonly claims: object;
  /** The user's log-outs everywhere before anything was decided. */
  readonly marks: LogoutMarks;
}

/**
 * Issues a user's access token, unless the user was logged out everywhere since the marks were read.
 *
 * @throws AuthError `invalid_credentials` (401) in that case; `revoked` (401) where the session is over
 */
export async function issueUncutToken<U extends User>(
  settings: FlowSettings,
  { user, claims, marks }: Decision<U>,
  session: TokenSession | null,
  date: number,
  details: TokenDetails,
): Promise<LoginResult<U>> {
  const access = await issueAccessToken(settings, user, claims, session, date, details);
  await refuseRevokedToken(settings, access.accessToken);
  if (((await readRevokedUpTo(settings, user.id)) ?? 0) > (marks.revokedUpTo ?? 0))
    throw createLoggedOutError(settings);
  return access;
}

/** Makes the refusal of a user who was logged out everywhere after authenticating. */
export function createLoggedOutError({ realm }: FlowSettings): AuthError {
  const cause = new Error("the user was logged out everywhere while this login was under way");
  return new AuthError("invalid_credentials", { realm, cause });
}
