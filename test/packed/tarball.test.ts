import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { compile } from "../support/compiler.ts";
import { install, ROOT, run } from "./packed.ts";

const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const NEEDED = ["jose", "@node-rs", "@types", "fastify", "undici-types", "@nestjs"];

/** A Nest application of one route, which is asked twice: without a token, and with one. */
const NEST = `
async function onNest(h, nest, { Controller, Get, Module }, { NestFactory }) {
  const token = h.defineToken({ keys: h.secretKey(new Uint8Array(32)), issuer: null, audience: null });
  class Me { me(identity) { return identity.userId; } }
  const route = Object.getOwnPropertyDescriptor(Me.prototype, "me");
  Get("me")(Me.prototype, "me", route);
  nest.CurrentIdentity()(Me.prototype, "me", 0);
  Controller()(Me);
  class App {}
  Module({ imports: [nest.HallpassModule.forRoot({ guard: h.createGuard({ token }) })], controllers: [Me] })(App);
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, "127.0.0.1");
  const ask = async (headers) => (await fetch((await app.getUrl()) + "/me", { headers })).text();
  const answers = [await ask({}), await ask({ authorization: "Bearer " + await h.issueToken({ sub: "x" }, token) })];
  await app.close();
  console.log(answers.join(" "));
}`;

const FLOW = `
async function flow(h, memory) {
  const { generateKeyPairSync } = require("node:crypto");
  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
  const keys = h.keyRing(await h.importKey(pem), h.secretKey(new Uint8Array(32)), await h.importKey(await h.generateKey("RS256")));
  const token = h.defineToken({ keys, issuer: "me", audience: "you" });
  const claims = await h.verifyToken(await h.issueToken({ sub: "user-1" }, token), token);
  const passwordHash = await h.hashPassword("correct horse");
  const compared = [await h.comparePassword("correct horse", passwordHash), await h.comparePassword("x", passwordHash)];
  const users = memory.memoryUsers();
  users.add({ login: "reader", passwordHash, user: { id: "user-1" } });
  const auth = h.createAuthenticator({ token, users, blocklist: memory.memoryBlocklist() });
  const { accessToken } = await auth.login({ login: "reader", password: "correct horse" });
  const identity = await auth.authenticate("Bearer " + h.parseBearer("Bearer " + accessToken));
  await auth.logout(identity);
  const after = await auth.authenticate("Bearer " + accessToken).catch((error) => h.isAuthError(error) && error.code);
  return [claims.sub, ...compared, identity.userId, after, h.publicJwks(keys).keys.length];
}
`;
const OUTCOME = ["user-1", true, false, "user-1", "revoked", 2];
const ADAPTERS = ["express", "koa", "fastify", "fetch"];

let FOLDER: string;
let PACKAGE: string;

beforeAll(async () => {
  ({ folder: FOLDER } = await install(NEEDED));
  PACKAGE = join(FOLDER, "node_modules/hallpass");
});

afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

function write(file: string, text: string): string {
  const path = join(FOLDER, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: FOLDER }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(error.stdout + error.stderr);
  });
  return stdout.trim();
}

describe("the tarball", () => {
  it("holds what is run and read, and nothing of this machine", () => {
    const files = readdirSync(PACKAGE, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const names = files.map((file) => join(file.parentPath, file.name).slice(PACKAGE.length + 1));
    const outside = names.filter((name) => !name.startsWith("dist/"));
    expect(outside.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"]);
    expect(names.filter((name) => name.endsWith(".map"))).toEqual([]);
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), "utf8");
      expect(text).not.toContain(ROOT);
      expect(text).not.toContain("sourceMappingURL");
    }
  });

  it("names the modules of Node by their full name, as Deno and workerd want it", () => {
    const code = readdirSync(join(PACKAGE, "dist"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.(js|cjs|d\.c?ts)$/.test(name),
    );
    const imported = code.flatMap((name) =>
      [
        ...readFileSync(join(PACKAGE, "dist", name), "utf8").matchAll(
          /(?:^|[\s;])(?:from |import |require\()["']([^"']+)["']/gm,
        ),
      ].map(([, to]) => to),
    );
    expect(imported).toContain("node:crypto");
    expect(imported.filter((to) => to !== undefined && builtinModules.includes(to) && !to.startsWith("node:"))).toEqual(
      [],
    );
  });

  it("runs as ESM", async () => {
    const adapters = ADAPTERS.map((name) => `await import("hallpass/${name}")`).join(", ");
    const path = write(
      "esm.mjs",
      `import { createRequire } from "node:module";
      import * as h from "hallpass"; import * as memory from "hallpass/stores/memory";
      const require = createRequire(import.meta.url); ${FLOW}
      console.log(JSON.stringify([await flow(h, memory), [${adapters}].map((it) => typeof it.requireAuth)]));`,
    );
    expect(JSON.parse(await output(process.execPath, path))).toEqual([OUTCOME, ADAPTERS.map(() => "function")]);
  });

  it.each([
    ["as Node resolves it", "hallpass", "hallpass/stores/memory"],
    ["as files", "./node_modules/hallpass/dist/index.cjs", "./node_modules/hallpass/dist/stores/memory.cjs"],
  ])("runs as CommonJS, %s", async (_how, main, memory) => {
    const path = write(
      "cjs.cjs",
      `${FLOW} flow(require("${main}"), require("${memory}")).then((out) => console.log(JSON.stringify(out)));`,
    );
    expect(JSON.parse(await output(process.execPath, path))).toEqual(OUTCOME);
  });

  it("loads under every one of its names, in both builds, without a driver or a framework", async () => {
    const entries = Object.keys(ENTRIES).filter((entry) => entry !== "nest"); // which needs its framework
    const names = entries.map((entry) => (entry === "index" ? "hallpass" : `hallpass/${entry}`));
    const files = entries.map((entry) => `./node_modules/hallpass/dist/${entry}.cjs`);
    const path = write(
      "names.mjs",
      `import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const exported = (module) => Object.entries(module).filter(([, it]) => typeof it === "function").length;
      const esm = await Promise.all(${JSON.stringify(names)}.map((name) => import(name)));
      console.log(JSON.stringify([esm.map(exported), ${JSON.stringify(files)}.map((file) => exported(require(file)))]));`,
    );
    const [esm, cjs] = JSON.parse(await output(process.execPath, path)) as number[][];
    expect(esm).toEqual(cjs);
    const empty = names.filter((_, at) => esm?.[at] === 0);
    expect(empty).toEqual(["hallpass/express/auth", "hallpass/fastify/auth"]); // types alone
  });

  it.each([
    ["ESM", "mjs", (name: string) => `await import("${name}")`],
    ["CommonJS", "cjs", (name: string) => `require("${name.replace(/^hallpass/, `./node_modules/hallpass/dist`)}")`],
  ] as const)("runs on Nest, as %s", async (_build, extension, load) => {
    const [main, nest] =
      extension === "mjs" ? ["hallpass", "hallpass/nest"] : ["hallpass/index.cjs", "hallpass/nest.cjs"];
    const modules = [main, nest, "@nestjs/common", "@nestjs/core"].map(load).join(", ");
    const path = write(`nest.${extension}`, `${NEST} onNest(${modules});`);
    expect(await output(process.execPath, path)).toMatch(/^\{"error":"missing_token","message":"[^"]+"\} x$/);
  });

  it("knows its errors, keys and profiles across both builds", async () => {
    const path = write(
      "both.mjs",
      `import { createRequire } from "node:module"; import * as esm from "hallpass";
      const cjs = createRequire(import.meta.url)("./node_modules/hallpass/dist/index.cjs");
      const token = cjs.defineToken({ keys: esm.secretKey(new Uint8Array(32)), issuer: null, audience: null });
      const claims = await esm.verifyToken(await cjs.issueToken({ sub: "x" }, token), token);
      console.log(esm.AuthError !== cjs.AuthError, esm.isAuthError(new cjs.AuthError("expired")), claims.sub);`,
    );
    expect(await output(process.execPath, path)).toBe("true true x");
  });

  it("has one class and one function under all of its names", async () => {
    const path = write(
      "one.mjs",
      `import * as main from "hallpass"; import * as tokens from "hallpass/tokens"; import { requireAuth } from "hallpass/express";
      const same = Object.keys(tokens).filter((name) => tokens[name] === main[name]);
      const token = tokens.defineToken({ keys: main.secretKey(new Uint8Array(32)), issuer: null, audience: null });
      const users = { findById: () => null, findCredentials: () => null };
      const guards = [tokens.createGuard({ token }), main.createAuthenticator({ token, users })].map((guard) => requireAuth(guard));
      console.log(same.length === Object.keys(tokens).length, same.length, guards.length);`,
    );
    expect(await output(process.execPath, path)).toMatch(/^true \d\d 2$/);
  });

  it("has a program, which nobody needs to install", async () => {
    const hallpass = (line: string[], input = ""): string => {
      const program = join(PACKAGE, MANIFEST.bin.hallpass);
      const { stdout, stderr } = spawnSync(program, line, { cwd: FOLDER, input, encoding: "utf8" });
      return stdout + stderr;
    };
    expect(hallpass(["--version"])).toBe(`${MANIFEST.version}\n`);
    expect(Buffer.from(hallpass(["secret", "HS512"]), "base64url").length).toBe(64);
    expect(JSON.parse(hallpass(["keygen"]))).toMatchObject({ alg: "ES256", kty: "EC" });
    expect(hallpass(["hash"], "correct horse\n")).toMatch(/^\$argon2id\$/);
    expect(hallpass(["decode"], "abc")).toMatch(/^hallpass decode: invalid_token: /);
  });

  it("loads neither jose nor argon2 before they are used", async () => {
    const hook = `export const resolve = (name, context, next) => { if (/^jose|argon2/.test(name)) throw new Error("loaded " + name); return next(name, context); };`;
    const path = write(
      "lazy.mjs",
      `import { register } from "node:module";
      register("data:text/javascript,${encodeURIComponent(hook)}");
      const h = await import("hallpass"); await import("hallpass/express");
      const token = h.defineToken({ keys: h.secretKey(new Uint8Array(32)), issuer: null, audience: null });
      const claims = await h.verifyToken(await h.issueToken({ sub: "x" }, token), token);
      console.log(claims.sub, await h.generateKey("ES256").catch((error) => error.message), (await h.hashPassword("x").catch((error) => error.cause.cause?.message ?? error.cause.message)));`,
    );
    expect(await output(process.execPath, path)).toBe("x loaded jose loaded @node-rs/argon2");
  });
});

const RESOLUTIONS = [
  ["node16", "node16", "commonjs"],
  ["node16", "node16", "module"],
  ["nodenext", "nodenext", "commonjs"],
  ["nodenext", "nodenext", "module"],
  ["esnext", "bundler", "module"],
].map(([module, moduleResolution, type]) => ({
  module,
  moduleResolution,
  type,
  folder: `ts-${moduleResolution}-${type}`,
}));

/** Writes an application that imports the types of `req.auth`, and one beside it that does not. */
function writeApplications({ module, moduleResolution, type, folder }: (typeof RESOLUTIONS)[number]): string[] {
  write(`${folder}/package.json`, JSON.stringify({ type }));
  const compilerOptions = {
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    target: "es2022",
    types: ["node"],
  };
  write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  write(`${folder}/alone/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const core = `import { defineToken, secretKey, verifyToken } from "hallpass"; import { memoryUsers } from "hallpass/stores/memory";
    import type { Request } from "express"; import { requireAuth } from "hallpass/fetch";
    const token = defineToken({ keys: secretKey("x"), issuer: null, audience: null });
    export const sub: Promise<string | undefined> = verifyToken("", token).then((claims) => claims.sub);
    import { postgresUsers } from "hallpass/stores/postgres"; import { redisBlocklist } from "hallpass/stores/redis";
    import { sqliteUsers } from "hallpass/stores/sqlite"; import { replicatedBlocklist } from "hallpass/stores/replicated";
    import { frozenClock } from "hallpass/testing";
    export const all = [memoryUsers, requireAuth, postgresUsers, redisBlocklist, sqliteUsers, replicatedBlocklist, frozenClock];`;
  write(
    `${folder}/main.ts`,
    `${core} import { login } from "hallpass/express"; import * as k from "hallpass/koa"; import * as f from "hallpass/fastify";
    import { HallpassModule } from "hallpass/nest"; import { handleLogin } from "hallpass/adapter";
    export const both = [HallpassModule, handleLogin];
    import "hallpass/express/auth"; import "hallpass/fastify/auth"; import type { FastifyRequest } from "fastify";
    export const idOf = (request: FastifyRequest): string | undefined => request.auth?.userId;
    export const userOf = (req: Request): string | undefined => req.auth?.userId; export const more = [login, k, f];`,
  );
  write(
    `${folder}/alone/main.ts`,
    `${core}
    import { login } from "hallpass/express"; export const handler = login;
    // @ts-expect-error nobody imported its type
    export const userOf = (req: Request) => req.auth;`,
  );
  return [folder, `${folder}/alone`];
}

describe("TypeScript", () => {
  let complaints: string;

  /** One compiler for all applications: it parses Node's and the frameworks' types once, where ten would do so ten times. */
  beforeAll(async () => {
    const applications = RESOLUTIONS.flatMap(writeApplications).map((it) => join(FOLDER, it));
    complaints = await compile("-b", ...applications);
  });

  it.each(RESOLUTIONS)(
    "compiles with module $module, resolution $moduleResolution, in a package of type $type, and finds req.auth only where its types are imported",
    ({ folder }) => {
      expect(complaints.split("\n").filter((line) => line.includes(folder))).toEqual([]);
      for (const application of [folder, `${folder}/alone`]) {
        expect(existsSync(join(FOLDER, application, "tsconfig.tsbuildinfo"))).toBe(true); // it was compiled
      }
    },
  );

  it("complains of nothing else", () => expect(complaints).toBe(""));
});

describe("a plain Jest project, in CommonJS, without flags or transforms", () => {
  it("requires hallpass and runs all of it", async () => {
    write("jest/package.json", JSON.stringify({ name: "plain", jest: { transform: {} } }));
    write(
      "jest/flow.test.js",
      `${FLOW}
      test("the flow", async () => {
        expect(await flow(require("hallpass"), require("hallpass/stores/memory"))).toEqual(${JSON.stringify(OUTCOME)});
      });
      test.each(${JSON.stringify(ADAPTERS)})("the adapter for %s", (name) => {
        expect(typeof require("hallpass/" + name).requireAuth).toBe("function");
      });
      test.each(["pkcs8", "sec1"])("a PEM in %s, and its public half", async (type) => {
        const { generateKeyPairSync } = require("node:crypto");
        const { importKey, isAuthError, parseBearer } = require("hallpass");
        const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
        expect((await importKey(privateKey.export({ type, format: "pem" }))).algorithm).toBe("ES384");
        expect((await importKey(publicKey.export({ type: "spki", format: "pem" }))).canSign).toBe(false);
        expect(() => parseBearer("Bearer")).toThrow(expect.objectContaining({ code: "invalid_request" }));
      });`,
    );
    const jest = join(ROOT, "node_modules/jest/bin/jest.js");
    const ran = await run(process.execPath, [jest, "--rootDir", join(FOLDER, "jest"), "--ci"], {
      cwd: join(FOLDER, "jest"),
    }).catch((error) => error);
    expect(ran.stderr).toContain("Tests:       7 passed, 7 total");
  });
});
