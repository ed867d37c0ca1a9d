import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { AuthenticatorOptions } from "../../src/authenticator/options.ts";
import { isAuthError } from "../../src/core/errors.ts";
import { createPasswordHasher, type PasswordHasher } from "../../src/core/password/hasher.ts";
import type { RefreshOptions } from "../../src/sessions/refresh-options.ts";
import type { Blocklist, RefreshStore, User, UserStore } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { type MemoryUsers, memoryUsers } from "../../src/stores/memory/users.ts";
import { NOW, profileOf } from "./tokens.ts";

export const passwords: PasswordHasher = createPasswordHasher({ memoryCost: 64, timeCost: 1 });
export const PASSWORD = "correct horse";
export const READER: { login: string; password: string } = { login: "reader", password: PASSWORD };
const HASH = await passwords.hash(PASSWORD);

/** What became of a promise: `"ok"`, an AuthError's code, or any other error as it is. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    return isAuthError(error) ? error.code : error;
  }
}

/** An authenticator with sessions, and all that it is made of. */
export interface House {
  readonly auth: SessionAuthenticator<{ readonly sid?: string | undefined; readonly jti: string }>;
  readonly users: MemoryUsers<User>;
  readonly store: RefreshStore;
  readonly blocklist: Blocklist;
  readonly clock: { now: number };
}

/** What to change about a {@link House}. */
export interface Changes {
  readonly users?: Partial<UserStore>;
  readonly store?: Partial<RefreshStore>;
  readonly blocklist?: Partial<Blocklist> | null;
  readonly refresh?: Partial<RefreshOptions>;
  readonly more?: Partial<AuthenticatorOptions>;
  readonly like?: House;
  readonly clock?: { now: number };
  readonly ahead?: number;
}

/** A house of its own, or one more node of a house, whose clock may be ahead. */
export function houseOf(changes: Changes = {}): House {
  const { like, ahead = 0 } = changes;
  const clock = changes.clock ?? like?.clock ?? { now: NOW };
  const users = like?.users ?? memoryUsers();
  if (like === undefined) users.add({ login: "reader", passwordHash: HASH, user: { id: "user-1" } });
  const store = { ...(like?.store ?? memoryRefreshStore()), ...changes.store };
  const blocklist = { ...(like?.blocklist ?? memoryBlocklist({ now: () => clock.now })), ...changes.blocklist };
  const auth = createAuthenticator({
    token: profileOf(undefined, { now: () => clock.now + ahead }),
    users: { ...users, ...changes.users },
    passwords,
    refresh: { store, ...changes.refresh },
    ...(changes.blocklist !== null && { blocklist }),
    storeTimeoutMs: 60,
    onOutage: () => undefined, // where nobody listens, the process is warned
    ...changes.more,
  } as AuthenticatorOptions & { refresh: RefreshOptions });
  return { auth: auth as House["auth"], users, store, blocklist, clock };
}

/** Ways in which a store can fail, all of which are an outage. */
export const OUTAGES: readonly (readonly [string, () => never])[] = [
  [
    "throws",
    () => {
      throw new Error("boo");
    },
  ],
  ["rejects", (() => Promise.reject(new Error("boo"))) as () => never],
  ["hangs", (() => new Promise(() => {})) as () => never],
];
