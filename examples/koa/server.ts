import type { Server } from "node:http";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { scopes } from "hallpass";
import { changePassword, errorHandler, login, logout, optionalAuth, refresh, requireAuth } from "hallpass/koa";
import Koa from "koa";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";

const app = new Koa();
const router = new Router();

router.post("/login", bodyParser({ enableTypes: ["json"] }), login(auth));
router.post("/refresh", bodyParser({ enableTypes: ["json"] }), refresh(auth));
router.post("/password", bodyParser({ enableTypes: ["json"] }), changePassword(auth));
router.post("/logout", bodyParser({ enableTypes: ["json"] }), logout(auth));
router.post("/logout/everywhere", requireAuth(auth), async (ctx) => {
  await auth.logoutEverywhere(ctx.state.auth.userId);
  ctx.status = 204;
});
router.get("/me", requireAuth(auth), (ctx) => {
  ctx.body = ctx.state.auth.claims;
});
router.get("/feed", optionalAuth(auth), (ctx) => {
  ctx.body = { personal: ctx.state.auth !== null };
});
router.get("/orders", requireAuth(auth, scopes("orders:read")), (ctx) => {
  ctx.body = [];
});
router.post("/orders", requireAuth(auth, scopes("orders:write")), (ctx) => {
  ctx.status = 201;
});
app.use(errorHandler({ log: (error, ctx) => console.error(ctx.req.url, error) }));
app.use(router.routes());

export const server: Server = app.listen(PORT, HOST);
announce(server);
