import { callClaims } from "../sessions/access-token.ts";
import { completeDetails, type SessionDetails, type SessionWishes } from "../sessions/details.ts";
import { trimDevice } from "../sessions/device.ts";
import { logoutByRefreshToken } from "../sessions/logout.ts";
import type { LoginResult } from "../sessions/result.ts";
import { checkSessionOptions, type SessionOptions } from "../sessions/session-options.ts";
import { startSession } from "../sessions/start-session.ts";
import { tell } from "../shared/listener.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { confirmProof } from "./confirm.ts";
import { readLoginAndPassword } from "./credentials.ts";
import { issueDeviceToken } from "./device.ts";
import { hashInTime } from "./hashing.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import { tellRefusal } from "./refusals.ts";
import type { LoginSettings } from "./settings.ts";

/** Checks a login and issues its tokens. */
export async function login<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
  options: SessionOptions = {},
): Promise<LoginResult<U>> {
  const wishes = checkSessionOptions("login", settings, options);
  const { name, password } = readLoginAndPassword(input);
  const proof = await proveUser(settings, { login: name }, [password], origin, wishes);
  const details = describePasswordSession(wishes, proof.decidedAt, origin);
  await endFormerSession(settings, origin);
  const result = await startProvenSession(settings, proof, details);
  await renewHash(settings, proof);
  const { id: userId } = proof.user;
  settings.emit(() => ({ type: "login_succeeded", userId }));
  return result;
}

/** Describes a session that begins with a password. */
export function describePasswordSession(
  wishes: SessionWishes,
  authenticatedAt: number,
  { device }: Pick<LoginOrigin, "device">,
): SessionDetails {
  const defaults = { methods: ["pwd"], ...(device !== undefined && { device: trimDevice(device) }) };
  return completeDetails(wishes, authenticatedAt, defaults);
}

/** Starts a session for a user whose password was verified, unless the user or the hash has changed since. */
export async function startProvenSession<U extends User>(
  settings: LoginSettings<U>,
  proof: Proof<U>,
  details: SessionDetails,
): Promise<LoginResult<U>> {
  const { emit } = settings;
  const { id } = proof.user;
  return tellRefusal(
    emit,
    () => id,
    async () => {
      const claims = await callClaims(settings, proof.user);
      const confirmed = await confirmProof(settings, proof);
      const result = await startSession(settings, { ...proof, claims, details, ...confirmed });
      return { ...result, ...(await issueDeviceToken(settings, confirmed.user, proof.deviceId)) };
    },
  );
}

/** Ends the session that the client has had so far, if it sent a refresh token of one. */
export async function endFormerSession<U extends User>(
  settings: LoginSettings<U>,
  { refreshToken }: Pick<LoginOrigin, "refreshToken">,
): Promise<void> {
  const { refresh } = settings;
  if (refresh !== null) await logoutByRefreshToken({ ...settings, refresh }, [refreshToken].flat());
}

/**
 * Replaces a hash that is weaker than the hasher's current settings. If that fails, the login still succeeds, and the
 * next login tries again.
 */
export async function renewHash<U extends User>(settings: LoginSettings<U>, proof: Proof<U>): Promise<void> {
  const { users, passwords, budget } = settings;
  const { user, password, passwordHash } = proof;
  try {
    if (users.replacePasswordHash === undefined || !passwords.needsRehash(passwordHash, password)) return;
    const next = await hashInTime(settings, password, undefined);
    const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next);
    await budget.callStore("users.replacePasswordHash", replace, checkBoolean);
  } catch (error) {
    tell(settings.onRehashFailure, error);
  }
}
