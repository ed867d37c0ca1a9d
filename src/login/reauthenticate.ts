import { readThumbprint } from "../guard/binding.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import { readClaims } from "../sessions/access-token.ts";
import { readDetails, writeDetails } from "../sessions/details.ts";
import { dateTokens } from "../sessions/marks.ts";
import { changeOwnSession } from "../sessions/own-session.ts";
import type { LoginResult } from "../sessions/result.ts";
import { type AuthenticationOptions, checkAuthenticationOptions } from "../sessions/session-options.ts";
import { issueUncutToken } from "../sessions/uncut-token.ts";
import { assert } from "../shared/assert.ts";
import type { User } from "../stores/contract.ts";
import { confirmProof } from "./confirm.ts";
import { readPassword } from "./credentials.ts";
import { renewHash } from "./login.ts";
import type { LoginOrigin } from "./origin.ts";
import { proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Proves the password of a user who is logged in, and issues an access token of the same session that says so. The
 * session's record is changed after all else that can fail, so that a token whose session has ended is never handed
 * out.
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
  const proof = await proveUser(settings, { userId }, [readPassword(input)], origin);
  const claims = await readClaims(settings, proof.user);
  const { user } = await confirmProof(settings, proof);
  const authentication = { authenticatedAt: proof.decidedAt, methods, acr };
  const details = { ...authentication, boundTo: readThumbprint(identity.claims) };
  const date = await dateTokens(settings, proof.decidedAt, proof.marks.revokedUpTo);
  const access = await issueUncutToken(settings, { ...proof, user, claims }, sid, date, details);
  if (refresh !== null && sid !== null) {
    await changeOwnSession({ ...settings, refresh }, { userId, sid }, (session) => ({
      passwordChangedAt: session.passwordChangedAt,
      details: writeDetails({ ...readDetails(session), ...authentication }, session.createdAt),
    }));
  }
  await renewHash(settings, proof);
  settings.emit(() => ({ type: "reauthenticated", userId, sid }));
  return access;
}
