import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Guard, isAuthError } from "hallpass";
import { createErrorResponder, sendNodeResponse } from "hallpass/adapter";
import { type WebSocket, WebSocketServer } from "ws";

const CHECK_EVERY_MS = 1_000;
const PROTOCOL = "chat";
const BEARER = "bearer.";

/** Codes that a socket is closed with: one of IANA's registry ("Unauthorized"), and one for "try again later". */
const UNAUTHORIZED = 3000;
const TRY_AGAIN_LATER = 1013;

const respond = createErrorResponder({ log: (error, request: IncomingMessage) => console.error(request.url, error) });

/** Makes the listener for upgrades: a client gets a socket only with a good token, and for as long as that is good. */
export function acceptSockets(guard: Guard): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16_384, handleProtocols: () => PROTOCOL });

  return (request, socket, head) => {
    const destroy = (): void => void socket.destroy();
    socket.on("error", destroy); // the client may go away while the guard is asked
    const credential = readCredential(request);
    guard
      .authenticate(credential)
      .then(() => {
        socket.off("error", destroy);
        sockets.handleUpgrade(request, socket, head, (accepted) => converse(accepted, guard, credential));
      })
      .catch((error) => refuse(request, socket as Socket, error));
  };
}

type Credential = IncomingMessage | readonly string[];

/**
 * Gives what the guard checks: the request, or what replaces its Authorization header. A browser can't set headers for
 * a WebSocket, but it can offer a subprotocol "bearer.<token>" beside the real one. Unlike a query, it is not in the
 * URL, which servers log.
 */
function readCredential(request: IncomingMessage): Credential {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
  const tokens = offered.filter((protocol) => protocol.startsWith(BEARER));
  if (tokens.length === 0) return request;
  const shown = tokens.map((protocol) => `Bearer ${protocol.slice(BEARER.length)}`);
  return [request.headers.authorization ?? [], shown].flat(2); // the guard refuses several credentials
}

/** A socket outlives its token, so the guard is asked again: for each message, and every second. */
function converse(socket: WebSocket, guard: Guard, credential: Credential): void {
  const close = (error: unknown): void => {
    const isRefused = isAuthError(error) && error.status === 401;
    if (isRefused) socket.close(UNAUTHORIZED, error.message);
    else socket.close(TRY_AGAIN_LATER);
  };
  const checking = setInterval(() => guard.authenticate(credential).catch(close), CHECK_EVERY_MS);
  socket.on("close", () => clearInterval(checking));
  socket.on("error", () => undefined); // ws closes a socket that breaks the protocol
  socket.on("message", (data) => {
    guard
      .authenticate(credential)
      .then(({ userId }) => socket.send(`${userId}: ${data}`))
      .catch(close);
  });
}

/** Answers an upgrade like any other request: there is no WebSocket yet. */
function refuse(request: IncomingMessage, socket: Socket, error: unknown): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.on("finish", () => socket.end());
  response.setHeader("Connection", "close");
  sendNodeResponse(response, respond(error, request) ?? { status: 500, headers: {}, cookies: [], body: null });
}
