/**
 * The parts of the adapters for Express, Koa, Fastify, Fetch and Nest, for an adapter of your own: hapi, tRPC, GraphQL,
 * Lambda, a WebSocket upgrade. An adapter describes its request as an {@link AdapterRequest}, passes it to a handler,
 * and sends the {@link AdapterResponse}. {@link identify} stores who is asking, and {@link recallIdentity} reads it.
 *
 * @example
 * ```ts
 * const respond = createErrorResponder({ log: (error) => logger.error(error) });
 * const logIn = handleLogin(auth);
 *
 * createServer(async (req, res) => {
 *   try {
 *     if (req.url === "/login") {
 *       const body = () => readJsonBody(req.iterator({ destroyOnReturn: false }), req.headers["content-type"]);
 *       const request = readNodeRequest(req, { ip: () => req.socket.remoteAddress, body });
 *       return sendNodeResponse(res, await logIn(request));
 *     }
 *     const { userId } = await identify(req, auth, "authenticate", req);
 *     res.end(userId);
 *   } catch (error) {
 *     const response = respond(error, req);
 *     if (response === null) logger.error(error); // This is no refusal of hallpass.
 *     sendNodeResponse(res, response ?? { status: 500, headers: {}, cookies: [], body: null });
 *   }
 * });
 * ```
 *
 * @module
 */

export { type HeadersOfRequest, readAuthorization } from "../guard/request.ts";
export { type BodyChunks, readJsonBody, requireJson, takeParsedBody } from "./body.ts";
export { checkAuthenticator, checkGuard } from "./checks.ts";
export { createErrorResponder, type ErrorHandlerOptions } from "./errors.ts";
export { handleChangePassword, handleLogin, handleLogout, handleRefresh, type LoginOptions } from "./flow.ts";
export { readFormBody } from "./form.ts";
export type { FlowHandler } from "./handler.ts";
export {
  authorizeRules,
  identify,
  type Recognition,
  recallIdentity,
  recallOptionalIdentity,
} from "./identity.ts";
export { handleIntrospect, type IntrospectOptions } from "./introspect.ts";
export { handleJwks, type JwksOptions } from "./jwks.ts";
export type { PublishOptions } from "./publish.ts";
export {
  type AdapterRequest,
  type NodeHeaders,
  type NodeRequestParts,
  readNodeRequest,
} from "./request.ts";
export { handleResourceMetadata } from "./resource-metadata.ts";
export { type AdapterResponse, formatRefusal, sendNodeResponse } from "./response.ts";
export { handleRevoke, type RevokeOptions } from "./revoke.ts";
export { handleSession, type Proven, type ProvenUser } from "./session.ts";
export { handleStatusList } from "./status-list.ts";
