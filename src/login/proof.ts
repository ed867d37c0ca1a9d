import { computeDigest } from "../core/digest.ts";
import { findAddressShare } from "../core/http/address.ts";
import { readClock } from "../core/time.ts";
import { useBinding } from "../sessions/binding.ts";
import type { SessionWishes } from "../sessions/details.ts";
import { type LogoutMarks, readMarks, wasCutBetween } from "../sessions/marks.ts";
import type { User } from "../stores/contract.ts";
import type { Attempt } from "./attempt-keys.ts";
import { type Claimant, createCredentialsError, findCredentials } from "./credentials.ts";
import { recogniseDevice } from "./device.ts";
import { comparePasswords, explainUnreadableHash } from "./hashing.ts";
import { checkOrigin, type LoginOrigin } from "./origin.ts";
import { tellRefusal } from "./refusals.ts";
import type { LoginSettings } from "./settings.ts";
import { createCounter } from "./throttle.ts";

/** A user who proved to know the password, and what was read for that proof. */
export interface Proof<U extends User> {
  readonly claimant: Claimant;
  readonly user: U;
  /** The password that matched. */
  readonly password: string;
  readonly passwordHash: string;
  /** The id of the user's device that the login came from; `null` where none was recognised. */
  readonly deviceId: string | null;
  /** The instant before the first read, in milliseconds since 1970. */
  readonly decidedAt: number;
  /** The user's log-outs everywhere before the password was compared. */
  readonly marks: LogoutMarks;
}

/**
 * Verifies a user's password: counts the attempt, and compares the candidates with the stored hash. An unknown user, a
 * wrong password, a disabled user, a user without a hash and one with an unreadable hash cost the same work and get the
 * same answer. Last, it records as used the proof of the key that tokens are to be bound to.
 */
export async function proveUser<U extends User>(
  settings: LoginSettings<U>,
  claimant: Claimant,
  candidates: readonly string[],
  origin: LoginOrigin,
  binding: Pick<SessionWishes, "useProof"> = {},
): Promise<Proof<U>> {
  checkOrigin(origin);
  let userId = "userId" in claimant ? claimant.userId : null;
  const noteUser = (id: string | null): void => {
    userId = id;
  };
  return tellRefusal(
    settings.emit,
    () => userId,
    async () => {
      const proof = await findProof(settings, claimant, candidates, origin, noteUser);
      await useBinding(binding, settings.budget);
      return proof;
    },
  );
}

async function findProof<U extends User>(
  settings: LoginSettings<U>,
  claimant: Claimant,
  candidates: readonly string[],
  origin: LoginOrigin,
  noteUser: (id: string | null) => void,
): Promise<Proof<U>> {
  const { ip, deviceToken } = origin;
  const counter = createCounter(settings, candidates.length);
  await counter.countAddress(ip);
  const decidedAt = readClock(settings.token.now);
  const { found: known } = await findCredentials(settings, claimant);
  noteUser(known?.user.id ?? null);
  const deviceId = await recogniseDevice(settings, known?.user ?? null, deviceToken);
  const name = "login" in claimant ? claimant.login : claimant.userId;
  const attempt = describeClaimant(claimant, known?.user.id ?? null);
  await counter.countAccount({ ...attempt, deviceId });
  const marks = await readMarks(settings, attempt.userId ?? computeDigest(name));
  const wasCut = wasCutBetween(marks, settings, decidedAt);
  // The user is read again after the marks, so that the decision rests on nothing older than a log-out in the marks.
  const { found, oddity } = await findCredentials(settings, claimant);
  const passwordHash = found?.passwordHash ?? null;
  const password = await comparePasswords(settings, candidates, passwordHash, findAddressShare(ip));
  if (found === null || passwordHash === null || password === null || found.user.disabled) {
    throw createCredentialsError(settings, found === null ? oddity : explainUnreadableHash(settings, found));
  }
  if (wasCut || found.user.id !== known?.user.id) throw createCredentialsError(settings);
  await counter.takeBack();
  return { claimant, user: found.user, password, passwordHash, deviceId, decidedAt, marks };
}

/** Describes what is known about a claimant: a login, an id, or both. */
function describeClaimant(claimant: Claimant, foundId: string | null): Pick<Attempt, "login" | "userId"> {
  return "login" in claimant ? { ...claimant, userId: foundId } : { ...claimant, login: null };
}
