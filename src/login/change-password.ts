import { readClock } from "../core/time.ts";
import { readThumbprint } from "../guard/binding.ts";
import { type Identity, isIdentity } from "../guard/identity.ts";
import type { SessionDetails } from "../sessions/details.ts";
import { logoutEverywhere } from "../sessions/logout-everywhere.ts";
import { readMarks } from "../sessions/marks.ts";
import type { LoginResult } from "../sessions/result.ts";
import { checkSessionOptions, type SessionOptions } from "../sessions/session-options.ts";
import { assert } from "../shared/assert.ts";
import type { User } from "../stores/contract.ts";
import { readLoginAndPassword, readPassword } from "./credentials.ts";
import { changeAndKeepSession } from "./keep-session.ts";
import { describePasswordSession, endFormerSession, startProvenSession } from "./login.ts";
import type { LoginOrigin } from "./origin.ts";
import type { Proof } from "./proof.ts";
import { type PasswordChange, replacePassword } from "./replace-password.ts";
import type { LoginSettings } from "./settings.ts";

/** The options of a change of password by a user who is logged in. */
export interface ChangePasswordOptions extends SessionOptions {
  /**
   * Whether the identity's own session goes on, under its refresh token, while all others end. `false` by default: all
   * end, and another session begins.
   */
  readonly keepSession?: boolean | undefined;
}

/**
 * Changes the password of a user who knows the current one. The user is named by a login or by an identity. A body that
 * looks like an identity gains nothing: the passwords of an identity come in the second argument, where a body never
 * is.
 */
export async function changePassword<U extends User>(
  settings: LoginSettings<U>,
  ...args: readonly [Identity | unknown, unknown?, unknown?, unknown?]
): Promise<LoginResult<U>> {
  assert(
    typeof settings.users.replacePasswordHash === "function",
    "changePassword needs a user store with replacePasswordHash",
  );
  const [first, second, third, fourth] = args;
  const result = isIdentity(first)
    ? await changeOwnPassword(settings, first, second, third as LoginOrigin, fourth as ChangePasswordOptions)
    : await changePasswordOfLogin(settings, first, second as LoginOrigin, third as SessionOptions);
  const { id: userId } = result.user;
  settings.emit(() => ({ type: "password_changed", userId }));
  return result;
}

async function changePasswordOfLogin<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
  options: SessionOptions = {},
): Promise<LoginResult<U>> {
  const wishes = checkSessionOptions("changePassword", settings, options);
  const { name, password } = readLoginAndPassword(input);
  const { newPassword } = input as { newPassword?: unknown };
  const { useProof } = wishes;
  const change: PasswordChange = { claimant: { login: name }, password, newPassword, useProof };
  const proof = await replacePassword(settings, change, origin);
  return startAnew(settings, proof, describePasswordSession(wishes, proof.decidedAt, origin), origin);
}

async function changeOwnPassword<U extends User>(
  settings: LoginSettings<U>,
  identity: Identity,
  input: unknown,
  origin: LoginOrigin = {},
  { keepSession = false, ...options }: ChangePasswordOptions = {},
): Promise<LoginResult<U>> {
  assert(typeof keepSession === "boolean", "changePassword: keepSession must be true or false");
  assert(
    typeof settings.users.findCredentialsById === "function",
    "changePassword of an identity needs a user store with findCredentialsById",
  );
  const isPlain = Object.values(options).every((it) => it === undefined);
  assert(isPlain || !keepSession, "changePassword: keepSession keeps the session as it is: leave the rest out");
  // The next session is bound to the identity's key, so that nobody exchanges bound tokens for Bearer tokens.
  const boundTo = options.boundTo ?? readThumbprint(identity.claims) ?? undefined;
  const wishes = checkSessionOptions("changePassword", settings, { ...options, boundTo });
  const password = readPassword(input);
  const { newPassword } = input as { newPassword?: unknown };
  const { useProof } = wishes;
  const change: PasswordChange = { claimant: { userId: identity.userId }, password, newPassword, useProof };
  if (keepSession) return changeAndKeepSession(settings, identity, change, origin);
  const proof = await replacePassword(settings, change, origin);
  return startAnew(settings, proof, describePasswordSession(wishes, proof.decidedAt, origin), origin);
}

/** Ends all of a user's sessions, and starts one for the client that changed the password. */
async function startAnew<U extends User>(
  settings: LoginSettings<U>,
  proof: Proof<U>,
  details: SessionDetails,
  origin: LoginOrigin,
): Promise<LoginResult<U>> {
  await endFormerSession(settings, origin);
  await logoutEverywhere(settings, proof.user.id);
  const decidedAt = readClock(settings.token.now);
  const marks = await readMarks(settings, proof.user.id);
  return startProvenSession(settings, { ...proof, decidedAt, marks }, details);
}
