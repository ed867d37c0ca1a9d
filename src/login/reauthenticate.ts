import { readThumbprint } from "../guard/binding.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { callClaims } from "../sessions/access-token.ts";
import { demandBinding } from "../sessions/binding.ts";
import { readDetails, type SessionDetails, writeDetails } from "../sessions/details.ts";
import type { TokenSession } from "../sessions/expiry.ts";
import { dateTokens } from "../sessions/marks.ts";
import { changeOwnSession, findOwnSession, type OwnSession, type SessionChange } from "../sessions/own-session.ts";
import type { LoginResult } from "../sessions/result.ts";
import { type AuthenticationOptions, checkAuthenticationOptions } from "../sessions/session-options.ts";
import type { SessionSettings } from "../sessions/settings.ts";
import { issueUncutToken } from "../sessions/uncut-token.ts";
import { assert } from "../shared/assert.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { confirmProof } from "./confirm.ts";
import { readPassword } from "./credentials.ts";
import { renewHash } from "./login.ts";
import type { LoginOrigin } from "./origin.ts";
import { proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Verifies the password of a user who is logged in, and issues an access token of the same session that says so. The
 * session's record is changed last, after everything else that can fail, so that a token of an ended session is never
 * handed out.
 */
export async function reauthenticate<U extends User>(
  settings: LoginSettings<U>,
  identity: Identity,
  input: unknown,
  origin: LoginOrigin = {},
  options: AuthenticationOptions = {},
): Promise<LoginResult<U>> {
  const { users, refresh } = settings;
  assert(isIdentity(identity), "reauthenticate takes the identity that authenticate gave: await it");
  assert(typeof users.findCredentialsById === "function", "reauthenticate needs a user store with findCredentialsById");
  const { methods = ["pwd"], acr = null } = checkAuthenticationOptions("reauthenticate", options);
  const { userId, sid = null } = identity;
  const boundTo = readThumbprint(identity.claims);
  demandBinding(settings, boundTo);
  const proof = await proveUser(settings, { userId }, [readPassword(input)], origin);
  const claims = await callClaims(settings, proof.user);
  const { user } = await confirmProof(settings, proof);
  const authentication = { authenticatedAt: proof.decidedAt, methods, acr };
  const details = { ...authentication, boundTo };
  const date = await dateTokens(settings, proof.decidedAt, proof.marks.revokedUpTo);
  const decision = { ...proof, user, claims };
  const issue = (session: TokenSession | null): Promise<LoginResult<U>> =>
    issueUncutToken(settings, decision, session, date, details);
  const access =
    refresh === null || sid === null
      ? await issue(sid === null ? null : { sid, expiresAt: null })
      : await issueInSession({ ...settings, refresh }, { userId, sid }, authentication, issue);
  await renewHash(settings, proof);
  settings.emit(() => ({ type: "reauthenticated", userId, sid }));
  return access;
}

/** Issues a token of an identity's own session, and stores in the session how the user authenticated. */
async function issueInSession<Result>(
  settings: SessionSettings,
  own: OwnSession,
  authentication: Pick<SessionDetails, "authenticatedAt" | "methods" | "acr">,
  issue: (session: StoredSession) => Promise<Result>,
): Promise<Result> {
  const found = await findOwnSession(settings, own);
  const access = await issue(found);
  const change: SessionChange = (session) => ({
    passwordChangedAt: session.passwordChangedAt,
    details: writeDetails({ ...readDetails(session), ...authentication }, session.createdAt),
  });
  await changeOwnSession(settings, own, change, found);
  return access;
}
