import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { readThumbprint } from "../guard/binding.ts";
import type { Identity } from "../guard/identity.ts";
import { callClaims, createSessionOverError } from "../sessions/access-token.ts";
import { readDetails, writeDetails } from "../sessions/details.ts";
import { limitToSession } from "../sessions/expiry.ts";
import { cutUser } from "../sessions/logout-everywhere.ts";
import { dateTokens, readMarks } from "../sessions/marks.ts";
import { changeOwnSession, findOwnSession, type OwnSession } from "../sessions/own-session.ts";
import type { LoginResult } from "../sessions/result.ts";
import type { SessionSettings } from "../sessions/settings.ts";
import { issueUncutToken } from "../sessions/uncut-token.ts";
import { assert } from "../shared/assert.ts";
import type { StoredSession, User } from "../stores/contract.ts";
import { confirmProof } from "./confirm.ts";
import type { LoginOrigin } from "./origin.ts";
import { type PasswordChange, replacePassword } from "./replace-password.ts";
import type { LoginSettings } from "./settings.ts";

/**
 * Changes a password, and ends all of the user's sessions but the identity's own. That session goes on with its refresh
 * token, and belongs to the next password. All earlier access tokens are revoked, its own too, and it gets another one.
 */
export async function changeAndKeepSession<U extends User>(
  settings: LoginSettings<U>,
  { userId, sid, claims }: Identity,
  change: PasswordChange,
  origin: LoginOrigin,
): Promise<LoginResult<U>> {
  const { refresh } = settings;
  assert(refresh !== null && typeof sid === "string", "changePassword: keepSession needs an identity of a session");
  const kept = { ...settings, refresh };
  const session = await findOwnSession(kept, { userId, sid });
  refuseEnding(kept, session);
  const { family } = session;
  // A refresh of this session has to wait: between the writes of the hash and of the session, it would be refused.
  return refresh.turns.take(family, () => changeInTurn(kept, { userId, sid }, readThumbprint(claims), change, origin));
}

/**
 * Refuses a session that expires before the issue time of its next token, which is later than that of all revoked
 * tokens. A refusal after the change would wrongly say that the password was not changed.
 */
function refuseEnding({ token, realm }: SessionSettings, session: StoredSession): void {
  const date = readClock(token.now) + token.clockTolerance * 1_000 + 1;
  if (limitToSession(token, session, date) < 1) throw createSessionOverError(realm);
}

async function changeInTurn<U extends User>(
  settings: LoginSettings<U> & SessionSettings,
  own: OwnSession,
  boundTo: string | null,
  change: PasswordChange,
  origin: LoginOrigin,
): Promise<LoginResult<U>> {
  const { userId, sid } = own;
  const proof = await replacePassword(settings, change, origin);
  const authentication = { authenticatedAt: proof.decidedAt, methods: ["pwd"], acr: null };
  let refusal: unknown;
  const keep = async (): Promise<void> => {
    // The session goes on with this password only, and not with one that somebody else has set meanwhile.
    const { passwordChangedAt } = await confirmProof(settings, proof);
    await changeOwnSession(settings, own, (session) => ({
      passwordChangedAt,
      details: writeDetails({ ...readDetails(session), ...authentication }, session.createdAt),
    }));
  };
  // If this session was ended meanwhile, the others must end all the same.
  const keepIfLiving = () =>
    keep().catch((error: unknown) => {
      if (!isAuthError(error) || !error.expose) throw error;
      refusal = error;
    });
  await cutUser(settings, userId, { sid, keep: keepIfLiving });
  if (refusal !== undefined) throw refusal;
  const decidedAt = readClock(settings.token.now);
  const marks = await readMarks(settings, userId);
  const session = await findOwnSession(settings, own);
  const claims = await callClaims(settings, proof.user);
  const { user } = await confirmProof(settings, proof);
  const date = await dateTokens(settings, decidedAt, marks.revokedUpTo);
  return issueUncutToken(settings, { user, claims, marks }, session, date, { ...authentication, boundTo });
}
