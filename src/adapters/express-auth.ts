/**
 * The type of `req.auth`, for applications where nobody else gives it one: `import "hallpass/express/auth"` in one
 * file. Where express-oauth2-jwt-bearer, express-jwt, Clerk or the like are in use, leave it out and ask `authOf(req,
 * guard)`.
 *
 * @module
 */
import type { Identity } from "../guard/identity.ts";

declare global {
  namespace Express {
    /** A request, behind hallpass. */
    interface Request {
      /** Who is asking: set by hallpass's `requireAuth`; `null` after `optionalAuth` when nobody said. */
      auth?: Identity | null;
    }
  }
}
