import { scopes } from "hallpass";
import {
  changePassword,
  errorHandler,
  type FetchHandler,
  login,
  logout,
  optionalAuth,
  refresh,
  requireAuth,
} from "hallpass/fetch";
import { auth } from "../shared/auth.ts";

const routes: Record<string, FetchHandler> = {
  "POST /login": login(auth),
  "POST /refresh": refresh(auth),
  "POST /password": changePassword(auth),
  "POST /logout": logout(auth),
  "POST /logout/everywhere": requireAuth(auth)(async (_request, { userId }) => {
    await auth.logoutEverywhere(userId);
    return new Response(null, { status: 204 });
  }),
  "GET /me": requireAuth(auth)((_request, identity) => Response.json(identity.claims)),
  "GET /feed": optionalAuth(auth)((_request, identity) => Response.json({ personal: identity !== null })),
  "GET /orders": requireAuth(auth, scopes("orders:read"))(() => Response.json([])),
  "POST /orders": requireAuth(auth, scopes("orders:write"))(() => Response.json({}, { status: 201 })),
};

const logging = errorHandler({ log: (error, request) => console.error(request.url, error) });

/** Turns a Request into a Response: Bun, Deno and edge runtimes serve such a function as it is. */
export const fetch: FetchHandler = logging(async (request) => {
  const route = routes[`${request.method} ${new URL(request.url).pathname}`];
  return route === undefined ? new Response(null, { status: 404 }) : route(request);
});
