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
  keys: secretKey(randomBytes(32)), // whatever it signed is worthless after a restart, as is all that the memory holds
  issuer: "https://api.example.com",
  audience: "https://api.example.com",
  expiresIn: Number(process.env.TOKEN_SECONDS ?? 60), // short, so that one can watch it run out; 15 minutes is usual
});

/** The sessions that were ended because a spent refresh token came again; a service would warn their user. */
export const stolen: ReusedSession[] = [];

export const auth: SessionAuthenticator = createAuthenticator({
  token: accessToken,
  users,
  blocklist: memoryBlocklist(),
  // A grace of none shows theft at once; leave it out, and two tabs of one browser may refresh at the same time.
  refresh: { store: memoryRefreshStore(), reuseGrace: 0, onReuse: (session) => stolen.push(session) },
  claims: () => ({ scope: "orders:read" }),
});
