import { findAddressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import type { SessionWishes } from "../sessions/details.ts";
import { isText } from "../shared/text.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import type { User } from "../stores/contract.ts";
import { hashKeepsChanging } from "./confirm.ts";
import type { Claimant } from "./credentials.ts";
import { hashPassword } from "./hashing.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** How often others may replace the stored hash while one change goes on. */
const TRIES = 3;

/** What a change of password is made of, as a client sent it. */
export interface PasswordChange {
  readonly claimant: Claimant;
  readonly password: string;
  /** It may be anything. */
  readonly newPassword: unknown;
  /** Uses the proof of the key that the next session is to be bound to. */
  readonly useProof?: SessionWishes["useProof"];
}

/**
 * Proves a user by the present password, and stores the next one in its place. The next one is accepted as a proof too,
 * so that a change that was interrupted can be sent again.
 *
 * @returns the proof, of the password that is stored by now
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
    // Where another request replaced the hash, it was perhaps this same one, sent twice.
    if (passwordHash !== null) return { ...proof, password: newPassword as string, passwordHash };
  }
  throw hashKeepsChanging();
}

/**
 * Replaces the stored hash by one of the next password.
 *
 * @returns the hash that is stored; `null` where another one than the proof's was stored meanwhile
 */
async function replaceHash<U extends User>(
  settings: LoginSettings<U>,
  { user, password, passwordHash }: Proof<U>,
  newPassword: unknown,
  { ip }: LoginOrigin,
): Promise<string | null> {
  const { users, token, budget } = settings;
  if (password === newPassword) return passwordHash;
  const next = await hashPassword(settings, newPassword, findAddressShare(ip));
  const changedAt = new Date(readClock(token.now));
  const replace = async () => users.replacePasswordHash?.(user.id, passwordHash, next, changedAt);
  return (await budget.callStore("users.replacePasswordHash", replace, checkBoolean)) ? next : null;
}
