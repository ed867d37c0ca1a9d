/**
 * The type of `request.auth`, for applications in which no other library declares it: `import "hallpass/fastify/auth"`
 * in one file. Where a plugin does, leave it out and ask `authOf(request, guard)`.
 *
 * @module
 */
import type {} from "fastify";
import type { Identity } from "../guard/identity.ts";

declare module "fastify" {
  interface FastifyRequest {
    /**
     * Who is asking: set by hallpass's `requireAuth`; `null` after `optionalAuth` where the request showed no
     * credential.
     */
    auth?: Identity | null;
  }
}
