import type { Server } from "node:http";
import jwt from "@fastify/jwt";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { createGuard } from "hallpass";
import { requireAuth } from "hallpass/fastify";
import { accessToken } from "./access-token.ts";
import type { Contenders } from "./contenders.ts";
import { joseGuard } from "./jose-guard.ts";
import { AUDIENCE, ISSUER, SECRET } from "./profile.ts";

const VERIFY = { algorithms: ["HS256" as const], allowedIss: ISSUER, allowedAud: AUDIENCE };

export const CONTENDERS: Contenders = {
  bare: () => serve(fastify()),
  hallpass: () => serve(fastify(), requireAuth(createGuard({ token: accessToken }))),
  "@fastify/jwt": () => serve(fastify().register(jwt, { secret: SECRET, verify: VERIFY }), jwtGuard),
  "@fastify/jwt with its cache": () =>
    serve(fastify().register(jwt, { secret: SECRET, verify: { ...VERIFY, cache: true } }), jwtGuard),
  jose: () => serve(fastify().decorateRequest("user"), joseGuard),
};

async function serve(
  app: FastifyInstance,
  ...onRequest: ((request: FastifyRequest) => Promise<void>)[]
): Promise<Server> {
  app.get("/", { onRequest }, async () => ({ hello: "world" }));
  await app.ready();
  return app.server;
}

async function jwtGuard(request: FastifyRequest): Promise<void> {
  await request.jwtVerify();
}
