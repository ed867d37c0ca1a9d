import { readClaims } from "../sessions/access-token.ts";
import { logoutByRefreshToken } from "../sessions/logout.ts";
import type { LoginResult } from "../sessions/result.ts";
import { startSession } from "../sessions/start-session.ts";
import { tell } from "../shared/listener.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { confirmProof } from "./confirm.ts";
import { readCredentials } from "./credentials.ts";
import { issueDeviceToken } from "./device.ts";
import { hashPassword } from "./hashing.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** Checks a login and issues its tokens. */
export async function login<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<LoginResult<U>> {
  const { name, password } = readCredentials(input);
  const proof = await proveUser(settings, name, [password], origin);
  await endFormerSession(settings, origin);
  const result = await startProvenSession(settings, proof);
  // The login is good all the same: the next one tries again to renew the hash.
  await renewHash(settings, proof).catch((error: unknown) => tell(settings.onRehashFailure, error));
  return result;
}

/** Starts a session for a user who gave a proof, unless what the proof rests on has changed since. */
export async function startProvenSession<U extends User>(
  settings: LoginSettings<U>,
  proof: Proof<U>,
): Promise<LoginResult<U>> {
  const claims = await readClaims(settings, proof.user);
  const confirmed = await confirmProof(settings, proof);
  const result = await startSession(settings, { ...proof, claims, ...confirmed });
  return { ...result, ...(await issueDeviceToken(settings, confirmed.user, proof.deviceId)) };
}

/** Ends the session that the client has had so far, where it sent a refresh token of one. */
export async function endFormerSession<U extends User>(
  settings: LoginSettings<U>,
  { refreshToken }: LoginOrigin,
): Promise<void> {
  const { refresh } = settings;
  if (refresh !== null) await logoutByRefreshToken({ ...settings, refresh }, [refreshToken].flat());
}

/** Replaces a hash that is weaker than those that are made today. */
async function renewHash<U extends User>(
  settings: LoginSettings<U>,
  { user, password, passwordHash }: Proof<U>,
): Promise<void> {
  const { users, passwords, budget } = settings;
  if (users.replacePasswordHash === undefined || !passwords.needsRehash(passwordHash, password)) return;
  const next = await hashPassword(settings, password, undefined);
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next);
  await budget.callStore("users.replacePasswordHash", replace, checkBoolean);
}
