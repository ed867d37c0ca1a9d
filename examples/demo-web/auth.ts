import { randomBytes } from "node:crypto";
import {
  createAuthenticator,
  defineToken,
  hashPassword,
  type ReusedSession,
  type SessionAuthenticator,
  secretKey,
} from "hallpass";
import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "hallpass/stores/memory";

const users = memoryUsers();
users.add({
  login: "reader@example.com",
  passwordHash: await hashPassword("correct horse battery staple"),
  user: { id: "user-1" },
});

const accessToken = defineToken({
  keys: secretKey(randomBytes(32)), // its tokens are worthless after a restart, when the stores in memory are empty too
  issuer: "https://api.example.com",
  audience: "https://api.example.com",
  expiresIn: Number(process.env.TOKEN_SECONDS ?? 60), // short, so that you see it expire; 15 minutes is usual
});

/** The sessions that ended because a used refresh token came again; a service would warn their users. */
export const stolen: ReusedSession[] = [];

export const auth: SessionAuthenticator = createAuthenticator({
  token: accessToken,
  users,
  blocklist: memoryBlocklist(),
  // No grace, to show theft at once. Without `reuseGrace: 0`, two tabs of one browser may refresh at the same time.
  refresh: { store: memoryRefreshStore(), reuseGrace: 0, onReuse: (session) => stolen.push(session) },
  claims: () => ({ scope: "orders:read" }),
});
