import { createServer, type Server } from "node:http";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { expressjwt } from "express-jwt";
import { auth } from "express-oauth2-jwt-bearer";
import { createGuard } from "hallpass";
import { requireAuth } from "hallpass/express";
import passport from "passport";
import { ExtractJwt, Strategy } from "passport-jwt";
import { accessToken } from "./access-token.ts";
import type { Contenders } from "./contenders.ts";
import { AUDIENCE, ISSUER, KEY, SECRET } from "./profile.ts";

export const CONTENDERS: Contenders = {
  bare: () => serve(),
  // express-oauth2-jwt-bearer has it that every request's `auth` is its own
  hallpass: () => serve(requireAuth(createGuard({ token: accessToken })) as never),
  "express-jwt": () => serve(expressjwt({ secret: KEY, algorithms: ["HS256"], issuer: ISSUER, audience: AUDIENCE })),
  "passport-jwt": () => serve(passport.use(strategy()).authenticate("jwt", { session: false })),
  "express-oauth2-jwt-bearer": () =>
    serve(auth({ secret: SECRET, tokenSigningAlg: "HS256", issuer: ISSUER, audience: AUDIENCE })),
};

function serve(...guard: RequestHandler[]): Server {
  const app = express();
  app.get("/", ...guard, (_request, response) => {
    response.json({ hello: "world" });
  });
  app.use(refuse);
  return createServer(app);
}

/** Without it Express writes every refusal to stderr. */
const refuse: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status ?? 500).end();
};

function strategy(): Strategy {
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKey: KEY as never, // goes on to jsonwebtoken, which takes a KeyObject; the types know of no such thing
    algorithms: ["HS256" as const],
    issuer: ISSUER,
    audience: AUDIENCE,
  };
  return new Strategy(options, (claims, done) => done(null, claims));
}
