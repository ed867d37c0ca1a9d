import { dateProof } from "../sessions/marks.ts";
import { assert } from "../shared/assert.ts";
import type { User } from "../stores/contract.ts";
import { readCredentials } from "./credentials.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** Who proved to know the password, and when. `startSession` takes it as it is, and begins the session. */
export interface PasswordProof<U extends User = User> {
  /** The user, as the store gave it. */
  readonly user: U;
  /**
   * The instant before the first read that the proof rests on. After a recent log-out everywhere it is an instant
   * behind that, which may be ahead of the clock.
   */
  readonly provenAt: Date;
}

/** A proof, and what a login knew of where it came from. */
export interface KeptProof<U extends User> {
  readonly proof: Proof<U>;
  readonly origin: Pick<LoginOrigin, "refreshToken" | "device">;
  /** The stores that were asked. Log-outs of others can't be compared with the proof's. */
  readonly stores: readonly unknown[];
}

/**
 * What each proof rests on. It is not on the proof itself, so that nobody can make a proof, and none can be changed on
 * its way to `startSession`.
 */
const keptProofs = new WeakMap<object, KeptProof<User>>();

/** Checks a login as `login` does, and begins nothing. */
export async function verifyPassword<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<PasswordProof<U>> {
  const { name, password } = readCredentials(input);
  const proof = await proveUser(settings, { login: name }, [password], origin);
  const given = Object.freeze({ user: proof.user, provenAt: new Date(dateProof(proof.decidedAt, proof.marks)) });
  const { id: userId } = proof.user;
  settings.emit(() => ({ type: "password_verified", userId }));
  const { refreshToken, device } = origin;
  keptProofs.set(given, { proof, origin: { refreshToken, device }, stores: listStores(settings) });
  return given;
}

/**
 * Gives what a proof rests on; `undefined` for anything that {@link verifyPassword} did not give.
 *
 * @throws TypeError for a proof that rests on other stores
 */
export function recallProof<U extends User>(settings: LoginSettings<U>, value: object): KeptProof<U> | undefined {
  const kept = keptProofs.get(value) as KeptProof<U> | undefined;
  const isOurs = kept === undefined || listStores(settings).every((it, at) => it === kept.stores[at]);
  assert(isOurs, "startSession: another authenticator's verifyPassword gave this, of other stores: ask this one's");
  return kept;
}

function listStores<U extends User>({ users, blocklist, refresh }: LoginSettings<U>): readonly unknown[] {
  return [users, blocklist, refresh?.store];
}
