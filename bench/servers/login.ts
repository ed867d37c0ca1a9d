import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import fastify, { type FastifyInstance } from "fastify";
import { type AuthenticatorOptions, createAuthenticator, createPasswordHasher } from "hallpass";
import { authOf, login, requireAuth } from "hallpass/fastify";
import { memoryUsers } from "hallpass/stores/memory";
import { SignJWT } from "jose";
import { accessToken } from "./access-token.ts";
import type { Contenders } from "./contenders.ts";
import { CREDENTIALS } from "./credentials.ts";
import { joseGuard, joseKey } from "./jose-guard.ts";
import { AUDIENCE, ISSUER } from "./profile.ts";

/** The cost of either side: OWASP's, and hallpass's unless told otherwise. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const CONTENDERS: Contenders = {
  hallpass: () => gated(),
  "hallpass, three hashes at a time": () => gated({ passwords: createPasswordHasher({ maxConcurrent: 3 }) }),
  "argon2 and jose, called straight": ungated,
};

async function gated(options: Pick<AuthenticatorOptions, "passwords"> = {}): Promise<Server> {
  const users = memoryUsers();
  const passwordHash = await hash(CREDENTIALS.password, COST);
  users.add({ login: CREDENTIALS.login, passwordHash, user: { id: "user-1" } });
  const auth = createAuthenticator({ token: accessToken, users, ...options });
  const app = fastify();
  app.post("/login", login(auth));
  app.get("/me", { onRequest: requireAuth(auth) }, async (request) => ({ id: authOf(request, auth).userId }));
  return ready(app);
}

async function ungated(): Promise<Server> {
  const users = new Map([[CREDENTIALS.login, { id: "user-1", hash: await hash(CREDENTIALS.password, COST) }]]);
  const app = fastify().decorateRequest("user");
  app.post<{ Body: typeof CREDENTIALS }>("/login", async ({ body }, reply) => {
    const user = users.get(body.login);
    if (user === undefined || !(await verify(user.hash, body.password))) return reply.code(401).send();
    return { access_token: await sign(user.id), token_type: "Bearer", expires_in: 86_400 };
  });
  app.get("/me", { onRequest: joseGuard }, async ({ user }) => ({ id: (user as { sub: string }).sub }));
  return ready(app);
}

function sign(sub: string): Promise<string> {
  return new SignJWT({ sub, iss: ISSUER, aud: AUDIENCE, jti: randomUUID() })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setIssuedAt()
    .setExpirationTime("1d")
    .sign(joseKey);
}

async function ready(app: FastifyInstance): Promise<Server> {
  await app.ready();
  return app.server;
}
