import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { protectedResource } from "../../src/core/http/protected-resource.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import {
  memoryBlocklist,
  memoryOneTimeStore,
  memoryRefreshStore,
  memoryStatusListStore,
  memoryUsers,
} from "../../src/stores/memory.ts";
import { houseOf } from "../support/flow.ts";
import { profileOf, SECRET } from "../support/tokens.ts";

const ROOT = join(import.meta.dirname, "../..");
const WRONG = { misspelt: 1 };
const token = profileOf();
const users = memoryUsers();
const client = { query: async () => ({ rows: [] }) };
const database = { prepare: () => ({ all: () => [], run: () => undefined }), exec: () => undefined };
const send = async (): Promise<null> => null;
const { auth } = houseOf();
const pair = await importKey(await generateKey("ES256"));
const resource = protectedResource({ resource: "https://api.example.com" });
const publishing = { jwks: [[pair, WRONG]], resourceMetadata: [[resource, WRONG]] };
const asked = { clients: { ...auth }, ...WRONG };
const flow = { token, users };
const endpoint = { endpoint: "https://x.example/", client: { id: "a", secret: "b" }, audience: null, cacheFor: 0 };
const oneTime = { store: memoryOneTimeStore(), purpose: "reset" };

/** How every public function that takes options is called with one that there is not. */
const TAKES: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  "index bcryptHashes": [[async () => true, WRONG]],
  "index comparePassword": [["password", null, WRONG]],
  "index hashPassword": [["password", WRONG]],
  "index createAuthenticator": [
    [WRONG],
    [{ ...flow, refresh: { store: memoryRefreshStore(), ...WRONG } }],
    [{ ...flow, refresh: { store: memoryRefreshStore(), cookie: WRONG } }],
    [{ ...flow, blocklist: memoryBlocklist(), throttle: WRONG }],
  ],
  "index createGuard": [[WRONG]],
  "index createPasswordHasher": [[WRONG], [{ ceiling: WRONG }]],
  "index defineToken": [[WRONG]],
  "index importKey": [[await generateKey("HS256"), WRONG]],
  "index bearer": [[() => null, WRONG]],
  "index externalKey": [[{ algorithm: "ES256", publicKey: "", sign() {}, ...WRONG }]],
  "index importJwks": [[{ keys: [] }, WRONG]],
  "index remoteKeys": [["https://issuer.example/jwks", WRONG]],
  "index rotatingKeys": [[{ load() {}, ...WRONG }]],
  "index trustIssuer": [["https://issuer.example", { audience: "api", ...WRONG }]],
  "index issueToken": [[{ sub: "user-1" }, token, WRONG]],
  "index protectedResource": [[WRONG]],
  "index secretKey": [["a secret of thirty-two bytes, or more", WRONG]],
  "one-time createOneTimeTokens": [[{ ...oneTime, lifetime: "1h", ...WRONG }]],
  "one-time createOneTimeCodes": [[{ ...oneTime, ...WRONG }]],
  "status-list createStatusList": [
    [{ uri: "https://auth.example/lists", keys: secretKey(SECRET), store: memoryStatusListStore(), ...WRONG }],
  ],
  "status-list statusLists": [[{ lists: "https://auth.example/lists/", keys: secretKey(SECRET), ...WRONG }]],
  "express errorHandler": [[WRONG]],
  "koa errorHandler": [[WRONG]],
  "fastify errorHandler": [[WRONG]],
  "fetch errorHandler": [[WRONG]],
  "express login": [[auth, WRONG]],
  "koa login": [[auth, WRONG]],
  "fastify login": [[auth, WRONG]],
  "adapter handleLogin": [[auth, WRONG]],
  "fetch login": [[auth, WRONG]],
  "fetch changePassword": [[auth, WRONG]],
  ...Object.fromEntries(
    ["express", "koa", "fastify", "fetch"].flatMap((name) => [
      [`${name} jwks`, publishing.jwks],
      [`${name} resourceMetadata`, publishing.resourceMetadata],
    ]),
  ),
  "adapter handleJwks": publishing.jwks,
  "adapter handleResourceMetadata": publishing.resourceMetadata,
  "nest createJwksController": publishing.jwks,
  "nest createResourceMetadataController": publishing.resourceMetadata,
  "express introspect": [[auth, asked]],
  "koa introspect": [[auth, asked]],
  "fastify introspect": [[auth, asked]],
  "fetch introspect": [[auth, asked]],
  "adapter handleIntrospect": [[auth, asked]],
  "nest createIntrospectController": [[auth, asked]],
  "express revoke": [[auth, asked]],
  "koa revoke": [[auth, asked]],
  "fastify revoke": [[auth, asked]],
  "fetch revoke": [[auth, asked]],
  "adapter handleRevoke": [[auth, asked]],
  "nest createRevokeController": [[auth, asked]],
  "adapter createErrorResponder": [[WRONG]],
  "api-keys createApiKeys": [[WRONG]],
  "api-keys apiKeys": [[{ verify() {}, prefix: "acme" }, WRONG]],
  "introspection introspected": [
    [WRONG],
    [{ ...endpoint, ...WRONG }],
    [{ ...endpoint, client: { id: "a", secret: "b", ...WRONG } }],
    [{ ...endpoint, identity: WRONG }],
  ],
  "dpop dpop": [
    [token, WRONG],
    [token, { origin: "https://api.example.com", proofs: null, nonce: WRONG }],
  ],
  "dpop createProofVerifier": [[WRONG]],
  "one-time ticket": [[{ find() {}, consume() {} }, WRONG]],
  "index cookieToken": [[token, WRONG]],
  "index fresh": [[WRONG]],
  "stores/memory memoryBlocklist": [[WRONG]],
  "stores/memory memoryProofs": [[WRONG]],
  "stores/sqlite sqliteApiKeys": [[{ database, ...WRONG }], ...nested({ database })],
  "stores/sqlite sqliteBlocklist": [[{ database, ...WRONG }], ...nested({ database })],
  "stores/sqlite sqliteOneTimeStore": [[{ database, ...WRONG }], ...nested({ database })],
  "stores/sqlite sqliteProofs": [[{ database, ...WRONG }], ...nested({ database })],
  "stores/sqlite sqliteRefreshStore": [[{ database, ...WRONG }], ...nested({ database })],
  "stores/sqlite sqliteStatusListStore": [[{ database, ...WRONG }], [{ database, tables: WRONG }]],
  "stores/sqlite sqliteUsers": [[{ database, ...WRONG }], [{ database, tables: WRONG }]],
  "stores/sqlite sqliteSchema": [[WRONG]],
  "stores/postgres postgresApiKeys": [[{ client, ...WRONG }], ...nested({ client })],
  "stores/postgres postgresBlocklist": [
    [{ client, ...WRONG }],
    [{ client, feed: { client, ...WRONG } }],
    ...nested({ client }),
  ],
  "stores/postgres postgresOneTimeStore": [[{ client, ...WRONG }], ...nested({ client })],
  "stores/postgres postgresProofs": [[{ client, ...WRONG }], ...nested({ client })],
  "stores/postgres postgresRefreshStore": [[{ client, ...WRONG }], ...nested({ client })],
  "stores/postgres postgresStatusListStore": [[{ client, ...WRONG }], [{ client, tables: WRONG }]],
  "stores/postgres postgresUsers": [[{ client, ...WRONG }], [{ client, tables: WRONG }]],
  "stores/postgres postgresSchema": [[WRONG]],
  "stores/redis redisApiKeys": [[{ send, ...WRONG }]],
  "stores/redis redisBlocklist": [[{ send, ...WRONG }], [{ send, feed: { send, retentionMs: 1, ...WRONG } }]],
  "stores/redis redisOneTimeStore": [[{ send, ...WRONG }]],
  "stores/redis redisProofs": [[{ send, ...WRONG }]],
  "stores/redis redisRefreshStore": [[{ send, ...WRONG }]],
  "stores/redis redisStatusListStore": [[{ send, ...WRONG }]],
  "stores/replicated replicatedBlocklist": [[{ store: memoryBlocklist(), ...WRONG }]],
  "testing createFakeIssuer": [[WRONG]], // and what its methods take: test/fake-issuer
  "testing mintToken": [[{ sub: "user-1" }, token, WRONG]],
};

function nested(options: object): (readonly unknown[])[] {
  return [[{ ...options, tables: WRONG }], [{ ...options, deleteExpired: { every: "10m", ...WRONG } }]];
}

/** What takes no options of the adapters that know a request's address. */
const ADAPTER = [
  "authOf",
  "changePassword",
  "logout",
  "optionalAuth",
  "optionalAuthOf",
  "refresh",
  "requireAuth",
  "requireScope",
  "session",
  "statusList",
];

/** What takes no options. */
const TAKES_NONE: Readonly<Record<string, readonly string[]>> = {
  index: [
    "AuthError",
    "allOf",
    "anyOf",
    "anyRule",
    "anyScope",
    "decodeToken",
    "formatChallenge",
    "generateKey",
    "isAuthError",
    "keyRing",
    "needsRehash",
    "parseBearer",
    "publicJwks",
    "retireKey",
    "scopes",
    "verifyToken",
    "where",
  ],
  express: ADAPTER,
  koa: ADAPTER,
  fastify: [...ADAPTER, "parseForms"],
  fetch: [
    "authOf",
    "logout",
    "optionalAuth",
    "optionalAuthOf",
    "refresh",
    "requireAuth",
    "requireScope",
    "session",
    "statusList",
  ],
  adapter: [
    "authorizeRules",
    "checkAuthenticator",
    "checkGuard",
    "formatRefusal",
    "handleChangePassword",
    "handleLogout",
    "handleRefresh",
    "handleSession",
    "handleStatusList",
    "identify",
    "readAuthorization",
    "readFormBody",
    "readJsonBody",
    "readNodeRequest",
    "recallIdentity",
    "recallOptionalIdentity",
    "requireJson",
    "sendNodeResponse",
    "takeParsedBody",
  ],
  // `forRoot` and the classes take some: test/adapters/nest/nest.test.ts has them.
  nest: [
    "AuthErrorFilter",
    "AuthGuard",
    "CurrentIdentity",
    "HallpassModule",
    "OptionalAuth",
    "Public",
    "Rules",
    "Scopes",
    "createAuthController",
    "createStatusListController",
  ],
  "stores/memory": [
    "memoryApiKeys",
    "memoryOneTimeStore",
    "memoryRefreshStore",
    "memoryStatusListStore",
    "memoryUsers",
  ],
  introspection: ["clientSecrets"],
  testing: [
    "apiKeyStoreContract",
    "blocklistContract",
    "cheapPasswords",
    "frozenClock",
    "oneTimeStoreContract",
    "proofStoreContract",
    "refreshStoreContract",
    "statusListStoreContract",
    "userStoreContract",
  ],
};

type AnyFunction = (...args: readonly unknown[]) => unknown;

const FUNCTIONS: Readonly<Record<string, AnyFunction>> = Object.fromEntries(
  (
    await Promise.all(
      Object.entries(ENTRIES).map(async ([entry, file]) => {
        const exported = (await import(join(ROOT, file))) as Record<string, unknown>;
        if (entry === "tokens") return []; // the same functions as in index: see below
        return Object.entries(exported)
          .filter(([, value]) => typeof value === "function")
          .map(([name, value]) => [`${entry} ${name}`, value as AnyFunction] as const);
      }),
    )
  ).flat(),
);

it("every public function is known to take options, or none", () => {
  const without = Object.entries(TAKES_NONE).flatMap(([entry, names]) => names.map((name) => `${entry} ${name}`));
  expect([...Object.keys(TAKES), ...without].sort()).toEqual(Object.keys(FUNCTIONS).sort());
});

describe.each(Object.entries(TAKES))("%s", (name, calls) => {
  it.each(calls)("refuses an option that there is not", async (...args) => {
    await expect(async () => FUNCTIONS[name]?.(...args)).rejects.toThrow(/there is no option "misspelt"/);
  });
});

/** Puts a value in the place of every object that has the misspelt option. */
function replaceOptions(value: unknown, by: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  if (Object.hasOwn(value, "misspelt")) return by;
  const replaced = Object.entries(value).map(([name, it]) => [name, replaceOptions(it, by)]);
  const isSame = replaced.every(([name, it]) => value[name as keyof typeof value] === it);
  return isSame ? value : Object.fromEntries(replaced);
}

const OPAQUE = ["new Map()", "new Set()", "new Date(0)", "/x/", "new Error('x')"];

describe.each(Object.entries(TAKES))("%s", (name, calls) => {
  it.each(calls)("refuses a Map, a Date and the like of any realm in the place of options", async (...args) => {
    for (const code of OPAQUE) {
      for (const value of [new Function(`return ${code}`)(), runInNewContext(code)]) {
        const given = args.map((it) => replaceOptions(it, value));
        expect(given).not.toEqual(args);
        await expect(async () => FUNCTIONS[name]?.(...given), code).rejects.toThrow(
          /takes a plain object with options: /,
        );
      }
    }
  });
});

it("hallpass/tokens has the very functions of hallpass", async () => {
  const [tokens, index] = await Promise.all([import("../../src/tokens.ts"), import("../../src/index.ts")]);
  for (const [name, value] of Object.entries(tokens))
    expect((index as Record<string, unknown>)[name], name).toBe(value);
});
