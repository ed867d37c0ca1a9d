import { createServer, type Server } from "node:http";
import { createGuard } from "hallpass";
import { requireAuth } from "hallpass/koa";
import Koa from "koa";
import jwt from "koa-jwt";
import { accessToken } from "./access-token.ts";
import type { Contenders } from "./contenders.ts";
import { AUDIENCE, ISSUER, KEY } from "./profile.ts";

export const CONTENDERS: Contenders = {
  bare: () => serve(),
  hallpass: () => serve(requireAuth(createGuard({ token: accessToken }))),
  // the key goes on to jsonwebtoken, which takes a KeyObject; koa-jwt's types know of no such thing
  "koa-jwt": () => serve(jwt({ secret: KEY as never, algorithms: ["HS256"], issuer: ISSUER, audience: AUDIENCE })),
};

function serve(guard?: Koa.Middleware): Server {
  const app = new Koa();
  if (guard !== undefined) app.use(guard);
  app.use((ctx) => {
    ctx.body = { hello: "world" };
  });
  return createServer(app.callback());
}
