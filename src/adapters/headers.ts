import type { IncomingMessage } from "node:http";
import type { AuthorizationHeader } from "../authenticator/guard.ts";

/** The Authorization header of a Node request: all of them where there are several, of which Node shows the first only. */
export function authorizationOf(request: IncomingMessage): AuthorizationHeader {
  const { rawHeaders } = request;
  const all: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === NAME.length && name.toLowerCase() === NAME) all.push(rawHeaders[at + 1] as string);
  }
  // Not by `headers` where it need not be: Node makes that of all the headers, when it is first looked at.
  return all.length > 1 ? all : (all[0] ?? request.headers.authorization);
}

const NAME = "authorization";
