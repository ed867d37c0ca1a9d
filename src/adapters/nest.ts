/**
 * A module for Nest 11 and 12, on Express and on Fastify. {@link HallpassModule} guards every route and answers
 * refusals as JSON, `{ error, message }`. {@link Scopes}, {@link OptionalAuth} and {@link Public} say what one route or
 * one controller asks for instead, {@link CurrentIdentity} gives a handler the identity, and
 * {@link createAuthController} adds the routes of the flow.
 *
 * @example
 * ```ts
 * @Controller("orders")
 * class OrdersController {
 *   @Get()
 *   list(@CurrentIdentity() { userId }: Identity) {
 *     return { orders: [], of: userId };
 *   }
 *
 *   @Scopes("orders:write")
 *   @Post()
 *   create() {}
 * }
 *
 * @Module({
 *   imports: [HallpassModule.forRoot({ guard: auth })],
 *   controllers: [createAuthController(auth), OrdersController],
 * })
 * class AppModule {}
 * ```
 *
 * @module
 */
export type { ErrorHandlerOptions } from "./errors.ts";
export type { IntrospectOptions } from "./introspect.ts";
export type { JwksOptions } from "./jwks.ts";
export { createAuthController } from "./nest/controller.ts";
export { CurrentIdentity, OptionalAuth, Public, Rules, Scopes } from "./nest/decorators.ts";
export { AuthErrorFilter } from "./nest/filter.ts";
export { AuthGuard } from "./nest/guard.ts";
export { type HallpassAsyncOptions, HallpassModule, type HallpassOptions } from "./nest/module.ts";
export { createJwksController, createResourceMetadataController } from "./nest/publish.ts";
export { createStatusListController } from "./nest/status-list.ts";
export { createIntrospectController, createRevokeController } from "./nest/token-controllers.ts";
export type { PublishOptions } from "./publish.ts";
export type { RevokeOptions } from "./revoke.ts";
