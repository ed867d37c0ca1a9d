import { readClock } from "../core/time.ts";
import { callClaims } from "../sessions/access-token.ts";
import { useBinding } from "../sessions/binding.ts";
import { completeDetails, type SessionWishes } from "../sessions/details.ts";
import { isRevokedSince, limitProofDate, readMarks, wasCutBetween, wasCutSince } from "../sessions/marks.ts";
import type { LoginResult } from "../sessions/result.ts";
import {
  checkSessionOptions,
  readProvenAt,
  START_OPTIONS,
  type StartSessionOptions,
} from "../sessions/session-options.ts";
import { startSession } from "../sessions/start-session.ts";
import { createLoggedOutError } from "../sessions/uncut-token.ts";
import { assert } from "../shared/assert.ts";
import { readTime } from "../shared/date.ts";
import { isObject } from "../shared/object.ts";
import { isText } from "../shared/text.ts";
import { expectUser } from "../store-calls/user-answers.ts";
import type { User } from "../stores/contract.ts";
import { createCredentialsError } from "./credentials.ts";
import { describePasswordSession, endFormerSession, renewHash, startProvenSession } from "./login.ts";
import { tellRefusal } from "./refusals.ts";
import type { LoginSettings } from "./settings.ts";
import { type KeptProof, type PasswordProof, recallProof } from "./verify-password.ts";

/** Starts a session for a user who authenticated: by a password, or in a way that the application checked. */
export async function startAnySession<U extends User>(
  settings: LoginSettings<U>,
  who: Pick<User, "id"> | PasswordProof<U>,
  options: StartSessionOptions = {},
): Promise<LoginResult<U>> {
  const wishes = checkSessionOptions("startSession", settings, options, START_OPTIONS);
  const provenAt = readProvenAt("startSession", options);
  const kept = isObject(who) ? recallProof(settings, who) : undefined;
  if (kept !== undefined) {
    assert(provenAt === null, "startSession: what verifyPassword gave has its own provenAt: leave the option out");
    const { id } = kept.proof.user;
    return tellRefusal(
      settings.emit,
      () => id,
      () => startAfterPassword(settings, kept, wishes, options),
    );
  }
  const { id } = (who ?? {}) as Partial<User>;
  assert(isText(id), "startSession takes a user with an id, or what verifyPassword gave, as it is: await it");
  return tellRefusal(
    settings.emit,
    () => id,
    () => startAfterOther(settings, id, wishes, { ...options, provenAt }),
  );
}

/**
 * Starts a session after a password that was verified earlier. The proof holds the log-out marks of that time, which
 * are compared with the current ones. The tokens are issued now, so that they live as long as others.
 */
async function startAfterPassword<U extends User>(
  settings: LoginSettings<U>,
  { proof, origin }: KeptProof<U>,
  wishes: SessionWishes,
  { refreshToken = origin.refreshToken }: StartSessionOptions,
): Promise<LoginResult<U>> {
  const decidedAt = readClock(settings.token.now);
  refuseStale(settings, proof.decidedAt, decidedAt);
  const isCut = proof.decidedAt < decidedAt && (await isRevokedSince(settings, proof.user.id, proof.decidedAt));
  if (isCut) throw createLoggedOutError(settings);
  await useBinding(wishes, settings.budget);
  await endFormerSession(settings, { refreshToken });
  const details = describePasswordSession(wishes, proof.decidedAt, origin);
  const result = await startProvenSession(settings, { ...proof, decidedAt }, details);
  await renewHash(settings, proof);
  return result;
}

/** What is known about an authentication that the application checked. */
interface OtherProof {
  /** When it happened, in milliseconds since 1970; `null` for just now. */
  readonly provenAt: number | null;
  readonly refreshToken?: unknown;
}

/**
 * Starts a session after an authentication that the application checked. The user is read by id, and once more after
 * the claims were made.
 */
async function startAfterOther<U extends User>(
  settings: LoginSettings<U>,
  id: string,
  wishes: SessionWishes,
  { provenAt, refreshToken }: OtherProof,
): Promise<LoginResult<U>> {
  const decidedAt = readClock(settings.token.now);
  const authenticatedAt = Math.min(provenAt ?? decidedAt, decidedAt);
  refuseStale(settings, authenticatedAt, decidedAt);
  const proofDate = provenAt === null ? null : limitProofDate(settings, provenAt, decidedAt);
  const marks = await readMarks(settings, id);
  const isCut =
    proofDate !== null
      ? wasCutSince(marks, proofDate) || (await isRevokedSince(settings, id, authenticatedAt))
      : wasCutBetween(marks, settings, decidedAt);
  if (isCut) throw createLoggedOutError(settings);
  const known = await findUser(settings, id);
  const knownChange = readTime(known.passwordChangedAt); // Read now, since a store may change the object.
  await useBinding(wishes, settings.budget);
  await endFormerSession(settings, { refreshToken });
  const claims = await callClaims(settings, known);
  const user = await findUser(settings, id);
  const changedAt = readTime(user.passwordChangedAt);
  const isSamePassword = Object.is(changedAt, knownChange);
  const latestChange = changedAt + settings.token.clockTolerance * 1_000; // Another clock may have dated it.
  const isChanged = !isSamePassword || (proofDate !== null && latestChange > proofDate);
  if (isChanged) throw createCredentialsError(settings, new Error("the user's password has changed since the proof"));
  const passwordChangedAt = Number.isNaN(changedAt) ? null : new Date(changedAt);
  const details = completeDetails(wishes, authenticatedAt, {});
  return startSession(settings, { user, claims, decidedAt, marks, passwordChangedAt, details });
}

/** Reads a user who may have a session. */
async function findUser<U extends User>(settings: LoginSettings<U>, id: string): Promise<U> {
  const { users, budget } = settings;
  const user = await budget.callStore("users.findById", async () => users.findById(id), expectUser(id));
  if (user === null || user.disabled) throw createCredentialsError(settings);
  return user;
}

/**
 * Refuses a proof that is older than an access token may be. A blocklist keeps a log-out everywhere for that time, and
 * may have dropped it afterwards.
 */
function refuseStale<U extends User>(settings: LoginSettings<U>, provenAt: number, now: number): void {
  if (now - provenAt <= settings.token.expiresIn * 1_000) return;
  throw createCredentialsError(
    settings,
    new Error("the proof is older than the token's expiresIn: ask for another one"),
  );
}
