import {
  type ClaimsOf,
  createAuthenticator,
  defineToken,
  hashPassword,
  type SessionAuthenticator,
  type SigningKey,
  type TokenProfile,
} from "hallpass";
import { readKey } from "./key.ts";
import { openStores, type Stores } from "./stores.ts";

export const LOGIN = "reader@example.com";
export const PASSWORD = "correct horse battery staple";

export const key: SigningKey = readKey();

export const accessToken: TokenProfile<undefined> = defineToken({
  keys: key,
  issuer: "https://api.example.com",
  audience: "https://api.example.com",
  expiresIn: "15m",
});

const reader = { id: "user-1", login: LOGIN, passwordHash: await hashPassword(PASSWORD) };
const stores: Stores = await openStores(process.argv, reader);
export const where: string = stores.where;

export const auth: SessionAuthenticator<ClaimsOf<typeof accessToken>> = createAuthenticator({
  token: accessToken,
  users: stores.users,
  blocklist: stores.blocklist,
  // No grace, to show what theft leads to. Without `reuseGrace: 0`, two tabs may refresh at once.
  refresh: { store: stores.refresh, reuseGrace: 0 },
  claims: () => ({ scope: "orders:read" }),
});
