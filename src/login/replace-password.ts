import { findAddressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import type { SessionWishes } from "../sessions/details.ts";
import { isText } from "../shared/text.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { createChangingHashError } from "./confirm.ts";
import type { Claimant } from "./credentials.ts";
import { hashInTime } from "./hashing.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** How often other requests may replace the stored hash during one change. */
const TRIES = 3;

/** A change of password, as a client sent it. */
export interface PasswordChange {
  readonly claimant: Claimant;
  readonly password: string;
  /** It may be anything. */
  readonly newPassword: unknown;
  /** Records as used the proof of the key that the next session is to be bound to. */
  readonly useProof?: SessionWishes["useProof"];
}

/**
 * Verifies the current password, and stores the hash of the next one. The next password is accepted as the current one,
 * too, so that an interrupted change can be sent again.
 *
 * @returns the proof, for the password that is stored now
 */
export async function replacePassword<U extends User>(
  settings: LoginSettings<U>,
  { claimant, password, newPassword, useProof }: PasswordChange,
  origin: LoginOrigin,
): Promise<Proof<U>> {
  const candidates = isText(newPassword) && newPassword !== password ? [password, newPassword] : [password];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const proof = await proveUser(settings, claimant, candidates, origin, { useProof });
    const passwordHash = await replaceHash(settings, proof, newPassword, origin);
    // If another request replaced the hash, that may have been this request, sent twice: so it tries again.
    if (passwordHash !== null) return { ...proof, password: newPassword as string, passwordHash };
  }
  throw createChangingHashError();
}

/**
 * Replaces the stored hash by a hash of the next password.
 *
 * @returns the hash that is stored; `null` if the stored hash was no longer that of the proof
 */
async function replaceHash<U extends User>(
  settings: LoginSettings<U>,
  { user, password, passwordHash }: Proof<U>,
  newPassword: unknown,
  { ip }: LoginOrigin,
): Promise<string | null> {
  const { users, token, budget } = settings;
  if (password === newPassword) return passwordHash;
  const next = await hashInTime(settings, newPassword, findAddressShare(ip));
  const changedAt = new Date(readClock(token.now));
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next, changedAt);
  return (await budget.callStore("users.replacePasswordHash", replace, checkBoolean)) ? next : null;
}
