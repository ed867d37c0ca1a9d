import { dateProof } from "../sessions/marks.ts";
import { assert } from "../shared/assert.ts";
import type { User } from "../stores/contract.ts";
import { readLoginAndPassword } from "./credentials.ts";
import type { LoginOrigin } from "./origin.ts";
import { type Proof, proveUser } from "./proof.ts";
import type { LoginSettings } from "./settings.ts";

/** A user who proved to know the password, and when. Pass it to `startSession` unchanged to begin the session. */
export interface PasswordProof<U extends User = User> {
  /** The user, as the store gave it. */
  readonly user: U;
  /**
   * The instant before the user was first read. Shortly after a log-out everywhere, it is right after that log-out,
   * which may be ahead of the clock.
   */
  readonly provenAt: Date;
}

/** A proof, and the members of the login's origin that a session needs. */
export interface KeptProof<U extends User> {
  readonly proof: Proof<U>;
  readonly origin: Pick<LoginOrigin, "refreshToken" | "device">;
  /** The stores that were asked. The log-out marks of other stores can't be compared with the proof's. */
  readonly stores: readonly unknown[];
}

/**
 * The internals of each proof. They are not properties of the proof, so that nobody can forge a proof, or change one on
 * its way to `startSession`. Another copy of the package does not find them, and its `startSession` refuses the proof.
 */
const keptProofs = new WeakMap<object, KeptProof<User>>();

/** Verifies a login and its password as `login` does, and begins no session. */
export async function verifyPassword<U extends User>(
  settings: LoginSettings<U>,
  input: unknown,
  origin: LoginOrigin = {},
): Promise<PasswordProof<U>> {
  const { name, password } = readLoginAndPassword(input);
  const proof = await proveUser(settings, { login: name }, [password], origin);
  const given = Object.freeze({ user: proof.user, provenAt: new Date(dateProof(proof.decidedAt, proof.marks)) });
  const { id: userId } = proof.user;
  settings.emit(() => ({ type: "password_verified", userId }));
  const { refreshToken, device } = origin;
  keptProofs.set(given, { proof, origin: { refreshToken, device }, stores: listStores(settings) });
  return given;
}

/**
 * Finds the internals of a proof; `undefined` for anything that {@link verifyPassword} did not give.
 *
 * @throws TypeError for a proof of an authenticator with other stores
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
