import { createServer, type Server } from "node:http";
import jwt from "@fastify/jwt";
import { JwtVerifier } from "aws-jwt-verify";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { expressjwt } from "express-jwt";
import fastify, { type FastifyRequest } from "fastify";
import buildGetJwks from "get-jwks";
import { createGuard, remoteKeys, trustIssuer } from "hallpass";
import { requireAuth } from "hallpass/fastify";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jwksRsa from "jwks-rsa";
import { AUDIENCE } from "../profile.ts";

/** Whose tokens a service takes. */
export interface Source {
  readonly issuer: string;
  readonly jwksUri: string;
}

/** The ways to guard a service by the keys of an issuer, each as its own documentation has it, with its defaults. */
export const CONTENDERS: Readonly<Record<string, (source: Source) => Promise<Server>>> = {
  hallpass: async ({ issuer, jwksUri }) => {
    const token = trustIssuer(issuer, { audience: AUDIENCE, keys: remoteKeys(jwksUri) });
    return serveFastify(requireAuth(createGuard({ token, onOutage: () => undefined })));
  },
  "jose and a hook of Fastify": joseHook,
  "jwks-rsa and express-jwt": async (source) => serveExpress(expressJwt(source, {})),
  "jwks-rsa with rateLimit": async (source) => serveExpress(expressJwt(source, { rateLimit: true })),
  "get-jwks and @fastify/jwt": getJwksHook,
  "aws-jwt-verify": async (source) => serveExpress(awsVerifier(source)),
};

/** jose documents no middleware. This is what one writes, with every error for the token's. */
function joseHook({ issuer, jwksUri }: Source): Promise<Server> {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return serveFastify(async (request) => {
    try {
      await jwtVerify((request.headers.authorization ?? "").slice(7), keys, { issuer, audience: AUDIENCE });
    } catch (cause) {
      throw Object.assign(new Error("unauthorized", { cause }), { statusCode: 401 });
    }
  });
}

function expressJwt({ issuer, jwksUri }: Source, limit: { rateLimit?: boolean }): RequestHandler {
  const secret = jwksRsa.expressJwtSecret({ cache: true, jwksUri, ...limit }) as Parameters<
    typeof expressjwt
  >[0]["secret"];
  return expressjwt({ secret, issuer, audience: AUDIENCE, algorithms: ["RS256"] });
}

function getJwksHook({ issuer }: Source): Promise<Server> {
  const getJwks = buildGetJwks({ issuersWhitelist: [issuer] });
  return serveFastify(
    (request) => request.jwtVerify(),
    (app) =>
      app.register(jwt, {
        decode: { complete: true },
        verify: { allowedAud: AUDIENCE, allowedIss: issuer },
        secret: (_request: unknown, token: unknown, callback: (error: Error | null, key?: string) => void) => {
          const { header, payload } = token as { header: { kid: string; alg: string }; payload: { iss: string } };
          getJwks
            .getPublicKey({ kid: header.kid, alg: header.alg, domain: payload.iss })
            .then((key) => callback(null, key), callback);
        },
      } as never),
  );
}

function awsVerifier({ issuer, jwksUri }: Source): RequestHandler {
  const verifier = JwtVerifier.create({ issuer, audience: AUDIENCE, jwksUri });
  return async (request, response, next) => {
    try {
      await verifier.verify((request.header("authorization") ?? "").slice(7));
    } catch {
      response.status(403).json({ statusCode: 403, message: "Forbidden" });
      return;
    }
    next();
  };
}

/** Without it Express writes every refusal to stderr. */
const refuse: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status ?? 500).end();
};

/** Serves a hello world behind a guard of Express. */
function serveExpress(guard: RequestHandler): Server {
  const app = express();
  app.get("/", guard, (_request, response) => {
    response.json({ hello: "world" });
  });
  app.use(refuse);
  return createServer(app);
}

type App = ReturnType<typeof fastify>;

/** Serves a hello world behind a hook of Fastify. */
async function serveFastify(
  onRequest: (request: FastifyRequest) => Promise<unknown>,
  prepare: (app: App) => unknown = () => undefined,
): Promise<Server> {
  const app = fastify();
  prepare(app);
  app.get("/", { onRequest: async (request) => void (await onRequest(request)) }, async () => ({ hello: "world" }));
  await app.ready();
  return app.server;
}
