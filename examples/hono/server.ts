import { serve } from "@hono/node-server";
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
import { type Context, Hono } from "hono";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

const logging = errorHandler({ log: (error, request) => console.error(request.url, error) });

/** hallpass/fetch takes the web Request in Hono's `c.req.raw`; the handler gets Hono's context after it. */
function route(handler: FetchHandler<[Context]>): (c: Context) => Promise<Response> {
  const logged = logging(handler);
  return (c) => logged(c.req.raw, c);
}

const app = new Hono();

app.post("/login", route(login(auth)));
app.post("/refresh", route(refresh(auth)));
app.post("/password", route(changePassword(auth)));
app.post("/logout", route(logout(auth)));
app.post(
  "/logout/everywhere",
  route(
    requireAuth(auth)(async (_request, { userId }, c: Context) => {
      await auth.logoutEverywhere(userId);
      return c.body(null, 204);
    }),
  ),
);
app.get("/me", route(requireAuth(auth)((_request, { claims }, c: Context) => c.json(claims))));
app.get(
  "/feed",
  route(optionalAuth(auth)((_request, identity, c: Context) => c.json({ personal: identity !== null }))),
);
app.get("/orders", route(requireAuth(auth, scopes("orders:read"))((_request, _identity, c: Context) => c.json([]))));
app.post(
  "/orders",
  route(requireAuth(auth, scopes("orders:write"))((_request, _identity, c: Context) => c.json({}, 201))),
);

announce(serve({ fetch: app.fetch, hostname: HOST, port: PORT }));
