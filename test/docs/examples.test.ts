import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { compile } from "../support/compiler.ts";
import { ROOT } from "./pages.ts";

/** What examples presuppose: an application with its users, keys and stores, and a request that came in. */
const PREAMBLE = `
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Express, Request, RequestHandler, Response } from "express";
import type * as h from "hallpass";
import type { ApiKeyStore } from "hallpass/api-keys";
import type { OneTimeStore } from "hallpass/one-time";
import type { ProofStore } from "hallpass/dpop";
import type { StatusListStore } from "hallpass/status-list";
import type { FakeIssuer, UserStoreUnderTest } from "hallpass/testing";

declare global {
  const app: Express, req: IncomingMessage & Request, res: ServerResponse & Response, response: Response;
  const createOrder: RequestHandler, listOrders: RequestHandler, pay: RequestHandler, showReport: RequestHandler;
  const showUser: RequestHandler<{ id: string }>;
  const request: IncomingMessage, event: { httpMethod: string; path: string; headers: Record<string, string> };
  const body: { code: string; newPassword: string }, ip: string, id: string, error: unknown;
  const login: string, password: string, token: string, refreshToken: string, leaked: string;
  const logger: { error(entry: unknown): void; info(entry: unknown): void };

  const keys: h.SigningKey, current: h.SigningKey, next: h.SigningKey, thisYears: h.SigningKey, lastYears: h.SigningKey;
  const accessToken: h.TokenProfile, badge: h.TokenProfile<undefined>, ourToken: h.TokenProfile, theirToken: h.TokenProfile;
  const auth: h.SessionAuthenticator<unknown, h.User>, guard: h.Guard, staff: h.Guard, partners: h.Guard, clients: h.Guard;
  const identity: h.Identity, user: h.User & { passwordHash: string }, isOwner: h.Rule, refresh: h.RefreshOptions;
  const passkey: { userId: string }, link: { userId: string }, checkPasskey: (answer: unknown) => Promise<string | null>;
  const checkCode: (user: h.User, code: string) => boolean, refreshAndRetry: () => void;
  const findUser: (login: string) => Promise<{ passwordHash: string } | null>;
  const save: (id: string, passwordHash: string) => Promise<void>;
  const profiles: Map<string, h.TokenProfile>, tenants: { findByIssuer(issuer: string): Promise<object | null> };
  const kms: { send(command: object): Promise<{ Signature: Uint8Array }> }, KeyId: string;
  const SignCommand: new (input: object) => object;

  const users: import("hallpass/stores/memory").MemoryUsers<h.User>;
  const blocklist: h.Blocklist, store: ApiKeyStore & OneTimeStore, prefix: string;
  const client: import("ioredis").Redis, pool: import("pg").Pool;
  const send: import("hallpass/stores/redis").RedisSend, sendOfItsOwn: typeof send;
  const database: import("hallpass/stores/sqlite").SqliteDatabase;
  const issuer: FakeIssuer, insertUser: UserStoreUnderTest["add"];
  const myApiKeyStore: ApiKeyStore, myBlocklist: h.Blocklist, myOneTimeStore: OneTimeStore, myProofStore: ProofStore;
  const myRefreshStore: h.RefreshStore, myStatusListStore: StatusListStore;
}
`;

/** What the examples of some files presuppose besides, or instead. */
const BESIDES: readonly (readonly [file: RegExp, code: string])[] = [
  [/^adapters\/adapter\.ts/, 'import { createServer } from "node:http";'],
  [/^adapters\/(body|form)\.ts/, "declare const request: Request;"],
  [
    /^adapters\/(flow|introspect|jwks|resource-metadata|response|revoke|status-list)\.ts/,
    'declare const request: import("hallpass/adapter").AdapterRequest;',
  ],
  [/^adapters\/(express|koa|fastify|fetch)\.ts/, 'declare const list: import("hallpass/status-list").StatusList;'],
  [
    /^(adapters\/(nest\/)?status-list|status-list\/)/,
    'declare const statusList: import("hallpass/status-list").StatusList;',
  ],
  [/^adapters\/express\.ts/, 'import express from "express";'],
  [
    /^adapters\/koa\.ts/,
    `import { bodyParser } from "@koa/bodyparser";
     declare const app: import("koa"), ctx: import("koa").Context, createOrder: import("koa").Middleware;
     declare const router: import("@koa/router").Router;`,
  ],
  [
    /^adapters\/fastify\.ts/,
    `declare const app: import("fastify").FastifyInstance, request: import("fastify").FastifyRequest;
     declare const createOrder: import("fastify").RouteHandlerMethod;`,
  ],
  [
    /^adapters\/fetch\.ts/,
    `declare namespace Bun { interface Server { requestIP(request: Request): { address: string } | null } }
     declare const request: Request, address: (request: Request) => string;
     declare const me: (request: Request, auth: import("hallpass").Identity) => Response;`,
  ],
  [
    /^adapters\/nest/,
    `import { Controller, Get, Module, Post, UseGuards } from "@nestjs/common";
     import { HttpAdapterHost } from "@nestjs/core";
     import type { Request } from "express";
     declare const app: import("@nestjs/common").INestApplication, createMyGuard: (secret: string) => import("hallpass").Guard;
     declare class ConfigModule {}
     declare class ConfigService { getOrThrow(name: string): string }`,
  ],
  [/^api-keys\/api-keys\.ts/, 'declare const keys: import("hallpass/api-keys").ApiKeys;'],
  [/^(core\/keys|remote)\//, 'import { readFileSync } from "node:fs"; import { readFile } from "node:fs/promises";'],
  [/^(guard\/(options|cookie)|testing\/|adapters\/nest)/, 'declare const token: import("hallpass").TokenProfile;'],
  [/^guard\/cookie/, 'declare const refresh: import("hallpass").RefreshOptions;'],
  [/^guard\/rules\.ts/, 'import type { Request } from "express";'],
  [/^core\/keys\/ring/, "declare const thisYears: string, lastYears: string;"],
  [/^core\/password\//, "declare const login: string;"],
  [/^testing\//, 'import { test } from "node:test";'],
];

interface Example {
  /** The file that it stands in, below src. */
  readonly file: string;
  readonly code: string;
}

const FOLDER = join(ROOT, ".examples");

const parse = (text: string): ts.SourceFile => ts.createSourceFile("it.ts", text, ts.ScriptTarget.Latest, true);

const EXAMPLES: readonly Example[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap((file) => {
    const docstrings = readFileSync(join(ROOT, "src", file), "utf8").match(/^ *\/\*\*$[\s\S]*?\*\/$/gm) ?? [];
    const texts = docstrings.map((text) => text.replace(/^ *\*? ?/gm, ""));
    return texts
      .flatMap((text) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)])
      .map(([, code = ""]) => ({ file, code }));
  });

/** The names that each import path exports. */
const EXPORTS = Object.entries(ENTRIES).map(([entry, file]) => ({
  file,
  specifier: entry === "index" ? "hallpass" : `hallpass/${entry}`,
  names: parse(readFileSync(join(ROOT, file), "utf8")).statements.flatMap((it): string[] => {
    if (ts.isExportDeclaration(it)) {
      const { exportClause: clause } = it;
      return clause && ts.isNamedExports(clause) ? clause.elements.map(({ name }) => name.text) : [];
    }
    const isNamed = ts.isFunctionDeclaration(it) || ts.isInterfaceDeclaration(it) || ts.isTypeAliasDeclaration(it);
    return isNamed && it.name && ts.getCombinedModifierFlags(it) & ts.ModifierFlags.Export ? [it.name.text] : [];
  }),
}));

/**
 * Writes the imports of what code uses of hallpass and does not declare. An adapter's example means that adapter; any
 * other means the first import path that has the name.
 */
function importsOf(file: string, code: string): string {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isName = "name" in parent && parent.name === node;
      if (isName && (ts.isVariableDeclaration(parent) || ts.isBindingElement(parent))) declared.add(node.text);
      else if (!(isName && (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent))))
        used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(code));
  const own = `src/${/^adapters\/\w+/.exec(file)?.[0]}.ts`;
  const paths = [...EXPORTS.filter((it) => it.file === own), ...EXPORTS];
  return [...used]
    .filter((name) => !declared.has(name))
    .flatMap((name) => {
      const path = paths.find(({ names }) => names.includes(name));
      return path === undefined ? [] : [`import { ${name} } from "${path.specifier}";`];
    })
    .join(" ");
}

/** Puts code into a block, where it may declare what stands before it, and members into a class. */
function complete(code: string): string {
  const imports = code.match(/^import .*$/gm) ?? [];
  const rest = code.replace(/^import .*$/gm, "");
  const whole = code.startsWith("@") && !/^class /m.test(code) ? `class It {\n${rest}}\n` : rest;
  return [...imports, "{", whole, "}"].join("\n");
}

function write(name: string, text: string): void {
  writeFileSync(join(FOLDER, name), text);
}

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

it("the examples of the docstrings compile", { timeout: 240_000 }, async () => {
  expect(EXAMPLES.length).toBeGreaterThan(200);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  write("preamble.ts", PREAMBLE);
  for (const [at, { file, code }] of EXAMPLES.entries()) {
    const besides = BESIDES.filter(([files]) => files.test(file)).map(([, declarations]) => declarations);
    const text = [...besides, complete(code)].join("\n");
    write(
      `${file.replaceAll("/", "-").replace(/\.ts$/, "")}-${at}.ts`,
      `${importsOf(file, text)}\n${text}\nexport {};\n`,
    );
  }
  const compilerOptions = { isolatedDeclarations: false, declaration: false, verbatimModuleSyntax: false };
  write("tsconfig.json", JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: ["*.ts"] }));
  expect(await compile("-p", FOLDER)).toBe("");
});
