/**
 * The type of `req.auth`, for applications in which no other library declares it: `import "hallpass/express/auth"` in
 * one file. Where express-oauth2-jwt-bearer, express-jwt, Clerk or the like are in use, leave it out and ask
 * `authOf(req, guard)`.
 *
 * @module
 */
import type { Identity } from "../guard/identity.ts";

declare global {
  namespace Express {
    /** A request, behind hallpass. */
    interface Request {
      /**
       * Who is asking: set by hallpass's `requireAuth`; `null` after `optionalAuth` where the request showed no
       * credential.
       */
      auth?: Identity | null;
    }
  }
}
