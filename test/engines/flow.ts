import { deepStrictEqual, strictEqual } from "node:assert";
import { randomUUID } from "node:crypto";
import {
  type Blocklist,
  comparePassword,
  createAuthenticator,
  defineToken,
  hashPassword,
  isAuthError,
  type RefreshStore,
  type SessionAuthenticator,
  secretKey,
  type UserStore,
} from "../../src/index.ts";
import { casesOf } from "./part.ts";

/** The stores of one database, and how a user gets into it. */
export interface Stores {
  readonly users: UserStore;
  readonly refresh: RefreshStore;
  readonly blocklist: Blocklist;
  add(user: { id: string; login: string; passwordHash: string | null; disabled?: boolean }): void | Promise<void>;
}

const PASSWORD = "correct horse battery staple";

/** A user of the stores, and what lets them in. */
export async function houseOf(
  stores: Stores,
): Promise<{ auth: SessionAuthenticator; login: string; password: string }> {
  const { users, refresh, blocklist } = stores;
  const login = `reader-${randomUUID()}`;
  await stores.add({ id: login, login, passwordHash: await hashPassword(PASSWORD) });
  const token = defineToken({
    keys: secretKey("a secret of thirty-two bytes, or more"),
    issuer: "https://api.example.com",
    audience: "https://api.example.com",
  });
  const auth = createAuthenticator({ token, users, blocklist, refresh: { store: refresh, reuseGrace: 0 } });
  return { auth, login, password: PASSWORD };
}

/** The whole flow on some stores, with passwords at their usual cost. */
export function flowOn(stores: Stores): ReturnType<typeof casesOf> {
  return casesOf({
    "logs in, refreshes and logs out": async () => {
      const { auth, login, password } = await houseOf(stores);
      const first = await auth.login({ login, password });
      strictEqual((await auth.authenticate(bearer(first))).userId, login);
      const second = await auth.refresh(first.refreshToken);
      strictEqual((await auth.authenticate(bearer(second))).userId, login);
      await auth.logout(await auth.authenticate(bearer(second)));
      deepStrictEqual(
        [await codeOf(auth.authenticate(bearer(second))), await codeOf(auth.refresh(second.refreshToken))],
        ["revoked", "invalid_refresh_token"],
      );
    },
    "refuses a wrong password and an unknown user alike": async () => {
      const { auth, login, password } = await houseOf(stores);
      strictEqual(await codeOf(auth.login({ login, password: "wrong" })), "invalid_credentials");
      strictEqual(await codeOf(auth.login({ login: `${login}x`, password })), "invalid_credentials");
      strictEqual(await codeOf(auth.authenticate(undefined)), "missing_token");
    },
    "ends a session whose token was used twice": async () => {
      const { auth, login, password } = await houseOf(stores);
      const first = await auth.login({ login, password });
      const second = await auth.refresh(first.refreshToken);
      await auth.refresh(second.refreshToken);
      strictEqual(await codeOf(auth.refresh(first.refreshToken)), "invalid_refresh_token");
      strictEqual(await codeOf(auth.authenticate(bearer(second))), "revoked");
    },
    "changes a password, which ends every session": async () => {
      const { auth, login, password } = await houseOf(stores);
      const before = await auth.login({ login, password });
      const newPassword = `${password}, and another`;
      const after = await auth.changePassword({ login, password, newPassword });
      strictEqual(await codeOf(auth.authenticate(bearer(before))), "revoked");
      strictEqual((await auth.authenticate(bearer(after))).userId, login);
      strictEqual(await codeOf(auth.login({ login, password })), "invalid_credentials");
      strictEqual(await codeOf(auth.login({ login, password: newPassword })), "ok");
    },
    "hashes as Argon2 does everywhere": async () => {
      const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
      strictEqual(await comparePassword("password", hash), true); // of the reference implementation's own tests
      strictEqual(await comparePassword("Password", hash), false);
    },
  });
}

function bearer({ accessToken }: { readonly accessToken: string }): string {
  return `Bearer ${accessToken}`;
}

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  try {
    await answer;
    return "ok";
  } catch (error) {
    return isAuthError(error) ? error.code : error;
  }
}
