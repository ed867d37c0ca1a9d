import type { IncomingMessage } from "node:http";
import type { AuthorizationHeader } from "../authenticator/guard.ts";

/** The Authorization header of a Node request: all of them where there are several, of which Node shows the first only. */
export function authorizationOf({ headers, rawHeaders }: IncomingMessage): AuthorizationHeader {
  const all = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "authorization");
  return all.length > 1 ? all : headers.authorization;
}
