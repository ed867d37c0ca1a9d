import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** What the compiler says of some files, which are nowhere but here. */
function complaints(files: Readonly<Record<string, string>>): readonly string[] {
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(ROOT, name), text]));
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { compilerOptions } = config as { compilerOptions: object };
  const overrides = { isolatedDeclarations: false, declaration: false };
  const content = { compilerOptions: { ...compilerOptions, ...overrides }, files: [...texts.keys()] };
  const { options } = ts.parseJsonConfigFileContent(content, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, version) => {
    const text = texts.get(name) ?? "";
    return text === "" ? parsed(name, version) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const looked = program.getSourceFiles().filter(({ fileName }) => texts.has(fileName) || ADAPTERS.test(fileName));
  return looked
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ code, messageText }) => `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}

const ADAPTERS = /\/src\/adapters\//;
const files = new Map<string, ts.SourceFile>();

/** The files on the disk, which are parsed once for all programs. */
function parsed(name: string, version: ts.ScriptTarget | ts.CreateSourceFileOptions): ts.SourceFile {
  const file = files.get(name) ?? ts.createSourceFile(name, ts.sys.readFile(name) ?? "", version);
  files.set(name, file);
  return file;
}

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

it.each([
  ["express-jwt 8", "@types/passport", "@fastify/jwt 10", "a Koa application with an auth of its own"],
  ["express-oauth2-jwt-bearer 1", "a Fastify plugin with an auth of its own"],
  ["@clerk/express"],
])("an application compiles with hallpass beside %s", (...names) => {
  const libraries = names.map((name, at) => [`test/library-${at}.ts`, LIBRARIES[name] ?? ""]);
  const application = [OURS, ...names.map((name) => THEIRS[name])].join("\n");
  expect(complaints({ ...Object.fromEntries(libraries), "test/application.ts": application })).toEqual([]);
});

it("an application alone has req.auth by an import, and not without it", () => {
  const theirs = `
    app.get("/me", e.requireAuth(auth), (req, res) => void res.json(req.auth?.userId));
    server.get("/me", { onRequest: f.requireAuth(auth) }, async (request) => request.auth?.userId);`;
  const chosen = `import "hallpass/express/auth"; import "hallpass/fastify/auth"; ${OURS} ${theirs}`;
  expect(complaints({ "test/application.ts": chosen })).toEqual([]);
  const missing = complaints({ "test/application.ts": `${OURS} ${theirs}` });
  expect(missing.map((complaint) => complaint.split(":")[0])).toEqual(["TS2339", "TS2339"]);
});
