import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../support/compiler.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".beside");

/** What other libraries declare of a request, to the letter, with the types that are theirs alone in short. */
const LIBRARIES: Readonly<Record<string, string>> = {
  "express-jwt 8": `
    import * as express from "express";
    interface JwtPayload { [key: string]: unknown; sub?: string | undefined }
    export type Request<T = JwtPayload> = express.Request & { auth?: T };`,
  "express-oauth2-jwt-bearer 1": `
    interface VerifyJwtResult { header: object; payload: { sub?: string; [key: string]: unknown }; token: string }
    declare global {
      namespace Express { interface Request { auth?: VerifyJwtResult } }
    }
    export {};`,
  "@clerk/express": `
    interface AuthObject { readonly userId: string | null }
    declare global {
      namespace Express { interface Request { auth: (options?: object) => AuthObject } }
    }
    export {};`,
  "@types/passport": `
    declare global {
      namespace Express {
        interface AuthInfo {}
        interface User {}
        interface Request {
          authInfo?: AuthInfo | undefined;
          user?: User | undefined;
          login(user: User, done: (err: any) => void): void;
          isAuthenticated(): this is Request & { user: User };
        }
      }
    }
    export {};`,
  "@fastify/jwt 10": `
    import type {} from "fastify";
    declare module "fastify" {
      interface FastifyRequest { jwtVerify: () => Promise<unknown>; user: string | object | Buffer }
    }`,
  "a Fastify plugin with an auth of its own": `
    import type {} from "fastify";
    declare module "fastify" { interface FastifyRequest { auth: { readonly subject: string } } }`,
  "a Koa application with an auth of its own": `
    import type {} from "koa";
    declare module "koa" { interface DefaultState { auth?: { readonly subject: string } } }`,
};

/** What each library's own user goes on writing beside us. */
const THEIRS: Readonly<Record<string, string>> = {
  "express-jwt 8": `
    import type { Request as JWTRequest } from "./library-0.ts"; // which is express-jwt
    app.get("/old", (req: JWTRequest, res) => void res.json(req.auth?.sub));`,
  "express-oauth2-jwt-bearer 1": `app.get("/old", (req, res) => void res.json(req.auth?.payload.sub));`,
  "@clerk/express": `app.get("/old", (req, res) => void res.json(req.auth().userId));`,
  "@types/passport": `app.get("/old", (req, res) => void res.json([req.isAuthenticated(), req.user]));`,
  "@fastify/jwt 10": `server.get("/old", async (request) => request.user);`,
  "a Fastify plugin with an auth of its own": `server.get("/old", async (request) => request.auth.subject);`,
  "a Koa application with an auth of its own": `koa.use((ctx) => void (ctx.body = ctx.state.auth?.subject));`,
};

const OURS = `
  import express from "express";
  import fastify from "fastify";
  import { createAuthenticator, defineToken, secretKey } from "hallpass";
  import * as e from "hallpass/express";
  import * as f from "hallpass/fastify";
  import * as k from "hallpass/koa";
  import { memoryBlocklist, memoryUsers } from "hallpass/stores/memory";
  import Koa from "koa";
  const token = defineToken({ keys: secretKey(new Uint8Array(32)), issuer: null, audience: null });
  const auth = createAuthenticator({ token, users: memoryUsers(), blocklist: memoryBlocklist() });
  const app = express();
  app.post("/login", express.json(), e.login(auth));
  app.get("/me", e.requireAuth(auth), e.requireScope("me"), (req, res) => void res.json(e.authOf(req, auth).claims.jti));
  app.get("/feed", e.optionalAuth(auth), (req, res) => void res.json(e.optionalAuthOf(req, auth)?.userId));
  app.use(e.errorHandler({ log: (error, req) => [error.cause, req.url] }));
  const server = fastify();
  server.post("/login", f.login(auth));
  server.get("/me", { onRequest: f.requireAuth(auth) }, async (request) => f.authOf(request, auth).claims.jti);
  server.get("/feed", { onRequest: f.optionalAuth(auth) }, async (request) => f.optionalAuthOf(request, auth)?.userId);
  server.setErrorHandler(f.errorHandler({ log: (error, request) => request.log.error(error) }));
  const koa = new Koa();
  koa.use(k.errorHandler({ log: (error, ctx) => [error.cause, ctx.req.url] }));
  koa.use(k.optionalAuth(auth));
  koa.use((ctx) => void (ctx.body = k.optionalAuthOf(ctx, auth)?.userId));`;

/** Applications by name, each of which is compiled alone: what one declares of a request is not to be seen by another. */
const APPLICATIONS: Record<string, Record<string, string>> = {};

const TOGETHER = [
  ["express-jwt 8", "@types/passport", "@fastify/jwt 10", "a Koa application with an auth of its own"],
  ["express-oauth2-jwt-bearer 1", "a Fastify plugin with an auth of its own"],
  ["@clerk/express"],
];
for (const [at, names] of TOGETHER.entries()) {
  const libraries = names.map((name, nth) => [`library-${nth}.ts`, LIBRARIES[name] ?? ""]);
  const application = [OURS, ...names.map((name) => THEIRS[name])].join("\n");
  APPLICATIONS[`together-${at}`] = { ...Object.fromEntries(libraries), "application.ts": application };
}

const READS_AUTH = `
  app.get("/me", e.requireAuth(auth), (req, res) => void res.json(req.auth?.userId));
  server.get("/me", { onRequest: f.requireAuth(auth) }, async (request) => request.auth?.userId);`;
const CHOICE = `import "hallpass/express/auth"; import "hallpass/fastify/auth";`;
APPLICATIONS["by-import"] = { "application.ts": `${CHOICE} ${OURS} ${READS_AUTH}` };
APPLICATIONS["without-import"] = { "application.ts": `${OURS} ${READS_AUTH}` };

let complaints: readonly string[];

beforeAll(async () => {
  for (const [name, files] of Object.entries(APPLICATIONS)) {
    mkdirSync(join(FOLDER, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(FOLDER, name, file), text);
    const compilerOptions = { isolatedDeclarations: false, declaration: false };
    const content = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
    writeFileSync(join(FOLDER, name, "tsconfig.json"), JSON.stringify(content));
  }
  const said = await compile("-b", ...Object.keys(APPLICATIONS).map((name) => join(FOLDER, name)));
  complaints = said.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
});

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** What the compiler says of an application, and of our adapters: two declarations of one name clash in either. */
function complaintsOf(application: string): readonly string[] {
  expect(existsSync(join(FOLDER, application, "tsconfig.tsbuildinfo"))).toBe(true); // it was compiled
  return complaints.filter((line) => line.includes(`.beside/${application}/`) || line.startsWith("src/adapters/"));
}

it.each(TOGETHER.map((names, at) => [names.join(", "), at]))(
  "an application compiles with hallpass beside %s",
  (_names, at) => {
    expect(complaintsOf(`together-${at}`)).toEqual([]);
  },
);

it("an application alone has req.auth by an import, and not without it", () => {
  expect(complaintsOf("by-import")).toEqual([]);
  const missing = complaintsOf("without-import");
  expect(missing.map((complaint) => /TS\d+/.exec(complaint)?.[0])).toEqual(["TS2339", "TS2339"]);
});
