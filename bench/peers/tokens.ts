import { randomUUID } from "node:crypto";
import { defineToken, issueToken } from "hallpass";
import { AUDIENCE, ISSUER } from "../servers/profile.ts";
import type { Keys } from "./keys.ts";

/** The claims of an access token as an application would give them, of a user of their own each. */
export function claimsOf(user: number): { sub: string; scope: string; sid: string } {
  return { sub: `user-${100_000 + user}`, scope: "orders:read orders:write", sid: randomUUID() };
}

/** As many access tokens, no two the same. */
export function issueTokens({ signing }: Keys, count: number): Promise<string[]> {
  const profile = defineToken({ keys: signing, issuer: ISSUER, audience: AUDIENCE, expiresIn: "1d" });
  return Promise.all(Array.from({ length: count }, (_, user) => issueToken(claimsOf(user), profile)));
}
