import { randomUUID } from "node:crypto";
import { issueToken } from "hallpass";
import { accessToken } from "../servers/access-token.ts";

/** Tokens of as many sessions. */
export function issueSessions(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => issueSession(100_000 + at)));
}

function issueSession(user: number): Promise<string> {
  return issueToken({ sub: `user-${user}`, scope: "orders:read orders:write", sid: randomUUID() }, accessToken);
}
