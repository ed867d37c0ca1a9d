import { randomBytes } from "node:crypto";
import {
  type ClaimsOf,
  createAuthenticator,
  defineToken,
  hashPassword,
  type RevokingAuthenticator,
  type SigningKey,
  secretKey,
  type TokenProfile,
  type User,
} from "hallpass";
import { memoryBlocklist, memoryUsers } from "hallpass/stores/memory";

/** What this application knows of its users. */
export interface Account extends User {
  readonly name: string;
}

export const LOGIN = "reader@example.com";
export const PASSWORD = "correct horse battery staple";

// A service of several processes takes its secret from the environment; this one may forget it when it ends.
export const key: SigningKey = secretKey(process.env.TOKEN_SECRET ?? randomBytes(32));

export const accessToken: TokenProfile<undefined> = defineToken({
  keys: key,
  issuer: "https://api.example.com",
  audience: "https://api.example.com",
  expiresIn: "15m",
});

const users = memoryUsers<Account>();
users.add({ login: LOGIN, passwordHash: await hashPassword(PASSWORD), user: { id: "user-1", name: "A reader" } });

export const auth: RevokingAuthenticator<ClaimsOf<typeof accessToken>, Account> = createAuthenticator({
  token: accessToken,
  users,
  blocklist: memoryBlocklist(),
  claims: ({ name }) => ({ name, scope: "orders:read" }),
});
