import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as zod from "zod";
import type { JWK, TrustedIssuer } from "../../src/index.ts";
import * as hallpass from "../../src/index.ts";
import { createFakeIssuer, type FakeIssuer, type FakeTokenOptions } from "../../src/testing.ts";
import { readBlocks, readPages } from "../docs/pages.ts";
import { encode } from "../support/tokens.ts";

// Each provider is an issuer of its documented shape, and what verifies its tokens is the very block of the guide.

const PAGE = readPages().filter(({ path }) => path === "docs/guides/foreign-issuers.md");
const BLOCKS = PAGE.flatMap(readBlocks);

type Claims = Readonly<Record<string, unknown>>;

interface Provider {
  /** The block in the guide. */
  readonly file: string;
  /** The issuer, and the address of its keys, that the block names. */
  readonly issuer: string;
  readonly jwks?: string;
  /** The issuer's path, where it is not that of its real name. */
  readonly path?: string;
  /** Members of its keys in place of the usual ones, and keys beside them. */
  readonly members?: Claims;
  readonly header?: Claims;
  /** Its `typ`, `null` for none. */
  readonly typ: string | null;
  /** A token as its documentation shows it, without iss, iat, exp. */
  readonly claims: Claims;
  readonly identity: { readonly userId: string; readonly scopes: readonly string[] };
  /** What a token of another kind, of the same issuer, has in place of these claims. */
  readonly others: Readonly<Record<string, Claims>>;
  /** Further tokens that are good, as of machines, with who they are. */
  readonly further?: Readonly<
    Record<string, [Claims, { userId: string; scopes: readonly string[] }, FakeTokenOptions?]>
  >;
}

const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const API = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
/** What an ID token has instead of the claims of an access token. */
const without = (...names: string[]): Claims => Object.fromEntries(names.map((name) => [name, undefined]));

const entraClaims = {
  ...{ nbf: 0, aio: "ATQAy/8TAAAA", name: "Ada", oid: "oid-1", rh: "0.AXYA", sub: "pairwise-sub", tid: TENANT },
  ...{ uti: "fqiBqXLPj0eQa82S", idp: `https://sts.windows.net/${TENANT}/` },
};
const entraKeys = { alg: undefined, x5t: "entra-kid", x5c: ["MIIDBTCCAe2gAwIBAgIQ"], cloud_instance_name: "login" };

const cognitoShared = {
  ...{ sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": ["orders", "admins"], origin_jti: "origin-1" },
  ...{ event_id: "event-1", auth_time: 1_676_312_777, jti: "jti-1" },
};
const cognitoAccess = {
  ...cognitoShared,
  ...{ aud: undefined, version: 2, client_id: "1example23456789", token_use: "access" },
  ...{ scope: "orders/read aws.cognito.signin.user.admin", username: "ada" },
};
const cognitoId = {
  ...cognitoShared,
  ...{
    aud: "1example23456789",
    token_use: "id",
    email_verified: true,
    "cognito:username": "ada",
    email: "ada@x.example",
  },
};

const PROVIDERS: readonly Provider[] = [
  {
    file: "auth0.ts",
    issuer: "https://tenant.eu.auth0.com/",
    members: { x5t: "hcZxxx", x5c: ["MIIDDTCC"] },
    typ: "JWT",
    claims: {
      sub: "auth0|6553da60a54af58e29493993",
      aud: ["https://api.example.com", "https://tenant.eu.auth0.com/userinfo"],
      ...{ azp: "my_client_id", scope: "openid profile orders:read", jti: undefined },
    },
    identity: { userId: "auth0|6553da60a54af58e29493993", scopes: ["openid", "profile", "orders:read"] },
    others: {
      "an ID token": { aud: "my_client_id", sid: "sid-1", nonce: "n", scope: undefined, azp: undefined },
      "a token for userinfo alone": { aud: ["https://tenant.eu.auth0.com/userinfo"] },
    },
    further: {
      "a user's with RBAC": [
        { permissions: ["orders:read", "orders:write"] },
        { userId: "auth0|6553da60a54af58e29493993", scopes: ["orders:read", "orders:write"] },
      ],
      "a machine's": [
        {
          sub: "awZfdIir8YFd@clients",
          aud: "https://api.example.com",
          gty: "client-credentials",
          scope: "orders:read",
        },
        { userId: "awZfdIir8YFd@clients", scopes: ["orders:read"] },
      ],
      "one of RFC 9068": [
        { azp: undefined, client_id: "my_client_id", jti: "73WakrfVbNJBaAmhQtEeDv" },
        { userId: "auth0|6553da60a54af58e29493993", scopes: ["openid", "profile", "orders:read"] },
        { typ: "at+jwt" },
      ],
    },
  },
  {
    file: "keycloak.ts",
    issuer: "https://login.example.com/realms/shop",
    typ: "JWT",
    claims: {
      ...{
        jti: "trrtcc:312ee6",
        aud: ["shop-api", "account"],
        sub: "36fa0f91-f94d-4a0c-afed-6b7d952e47da",
        typ: "Bearer",
      },
      ...{ azp: "shop-web", sid: "2a88c258", acr: "1", "allowed-origins": ["https://shop.example.com"] },
      realm_access: { roles: ["default-roles-shop", "orders"] },
      resource_access: { account: { roles: ["view-profile"] } },
      ...{ scope: "openid email", email_verified: true, preferred_username: "ada" },
    },
    identity: { userId: "36fa0f91-f94d-4a0c-afed-6b7d952e47da", scopes: ["default-roles-shop", "orders"] },
    others: {
      "an ID token of a client that is called as the API": { aud: "shop-api", typ: "ID", realm_access: undefined },
      "a refresh token": { aud: "shop-api", typ: "Refresh" },
      "a token without an audience mapper": { aud: "account" },
      "roles that are none": { realm_access: { roles: "admin" } },
    },
    further: {
      "a service account's, without roles": [
        { sub: "service-1", azp: "reports", realm_access: undefined, preferred_username: "service-account-reports" },
        { userId: "service-1", scopes: [] },
      ],
    },
  },
  {
    file: "entra-v2.ts",
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    members: entraKeys,
    typ: "JWT",
    claims: {
      ...{ ...entraClaims, aud: API, azp: "client-1", azpacr: "0", preferred_username: "ada@example.com" },
      ...{ scp: "orders.read orders.write", roles: ["Orders.Admin"], ver: "2.0", jti: undefined },
    },
    identity: { userId: "oid-1", scopes: ["orders.read", "orders.write"] },
    others: {
      "an ID token of an app that is the API as well": {
        azp: undefined,
        azpacr: undefined,
        scp: undefined,
        nonce: "n",
      },
      "a token for Graph": { aud: "00000003-0000-0000-c000-000000000000" },
      "a token without an object id": { oid: undefined },
    },
    further: {
      "a machine's": [
        { oid: "sp-1", sub: "sp-1", scp: undefined, azpacr: "1", roles: ["Orders.Read.All"] },
        { userId: "sp-1", scopes: ["Orders.Read.All"] },
      ],
    },
  },
  {
    file: "entra-v1.ts",
    issuer: `https://sts.windows.net/${TENANT}/`,
    jwks: `https://login.microsoftonline.com/${TENANT}/discovery/keys`,
    members: entraKeys,
    header: { x5t: "entra-kid" },
    typ: "JWT",
    claims: {
      ...{ ...entraClaims, aud: "api://shop", appid: "client-1", appidacr: "0", amr: ["pwd", "mfa"], acr: "1" },
      ...{ scp: "user_impersonation", unique_name: "ada@example.com", ver: "1.0", jti: undefined },
    },
    identity: { userId: "oid-1", scopes: ["user_impersonation"] },
    others: {
      "an ID token": { aud: API, appid: undefined, scp: undefined },
      "a token of version 2": { iss: `https://login.microsoftonline.com/${TENANT}/v2.0` },
    },
    further: {
      "a machine's": [
        {
          oid: "sp-1",
          sub: "sp-1",
          scp: undefined,
          amr: undefined,
          appidacr: "1",
          idtyp: "app",
          roles: ["Orders.Read.All"],
        },
        { userId: "sp-1", scopes: ["Orders.Read.All"] },
      ],
    },
  },
  {
    file: "cognito-access.ts",
    issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01",
    typ: null,
    claims: cognitoAccess,
    identity: { userId: cognitoShared.sub, scopes: ["orders/read", "aws.cognito.signin.user.admin"] },
    others: {
      "an ID token": { ...without(...Object.keys(cognitoAccess)), ...cognitoId },
      "an ID token that names the client as well": { token_use: "id" },
      "a token of another client": { client_id: "2example23456789" },
      "one that names the audience in aud alone": { aud: "1example23456789", client_id: undefined },
    },
    further: {
      "a machine's": [
        { ...without("cognito:groups", "username", "event_id"), sub: "1example23456789", scope: "orders/read" },
        { userId: "1example23456789", scopes: ["orders/read"] },
      ],
    },
  },
  {
    file: "cognito-id.ts",
    issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01",
    typ: null,
    claims: cognitoId,
    identity: { userId: cognitoShared.sub, scopes: ["orders", "admins"] },
    others: {
      "an access token": { ...without(...Object.keys(cognitoId)), ...cognitoAccess },
      "an access token with an audience": { token_use: "access" },
    },
  },
  {
    file: "google.ts",
    issuer: "https://accounts.google.com",
    typ: "JWT",
    claims: {
      ...{ azp: "1234-ios.apps.googleusercontent.com", aud: "1234-web.apps.googleusercontent.com", jti: undefined },
      ...{ sub: "110169484474386276334", hd: "example.com", email: "ada@example.com", email_verified: true },
      ...{ at_hash: "HK6E_P6Dh8Y93mRNtsDB1Q", name: "Ada", picture: "https://lh4.example/photo.jpg", locale: "en" },
    },
    identity: { userId: "110169484474386276334", scopes: [] },
    others: {
      "a token of another Workspace": { hd: "other.example" },
      "a token of a private account": { hd: undefined },
      "a token for another app": { aud: "9999-web.apps.googleusercontent.com" },
    },
  },
  {
    file: "okta.ts",
    issuer: "https://dev-1234.okta.com/oauth2/default",
    typ: null,
    claims: {
      ...{ ver: 1, jti: "AT.MNAoEQ_jbKqoinrQo1D0", aud: "api://default", sub: "ada@example.com", cid: "0oa1" },
      ...{ uid: "00u1", scp: ["openid", "orders:read"], auth_time: 1_688_145_909 },
    },
    identity: { userId: "00u1", scopes: ["openid", "orders:read"] },
    others: {
      "an ID token": { ...without("cid", "uid", "scp"), aud: "0oa1", sub: "00u1", amr: ["pwd"], jti: "ID.radCQMOQUmy" },
      "a token of the org": { iss: "https://dev-1234.okta.com", aud: "https://dev-1234.okta.com" },
    },
    further: {
      "a machine's": [
        { uid: undefined, sub: "0oa1", auth_time: undefined, scp: ["orders:read"] },
        { userId: "0oa1", scopes: ["orders:read"] },
      ],
    },
  },
  {
    file: "firebase.ts",
    issuer: "https://securetoken.google.com/shop-1234",
    jwks: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    typ: "JWT",
    claims: {
      ...{ name: "Ada", aud: "shop-1234", auth_time: 1_600_000_000, user_id: "uid-1", sub: "uid-1", jti: undefined },
      ...{ email: "ada@example.com", email_verified: true },
      firebase: { identities: { email: ["ada@example.com"] }, sign_in_provider: "password" },
    },
    identity: { userId: "uid-1", scopes: [] },
    others: {
      "a token of another project": { iss: "https://securetoken.google.com/shop-9999", aud: "shop-9999" },
      "a session cookie": { iss: "https://session.firebase.google.com/shop-1234" },
      "a custom token": { ...without("sub"), aud: "https://identitytoolkit.googleapis.com/", uid: "uid-1" },
      "a token without a user": { sub: "" },
    },
  },
  {
    file: "github-actions.ts",
    issuer: "https://token.actions.githubusercontent.com",
    members: { x5t: "eBZ_cn3sXYAd0ch4THBKHIgOwOE", x5c: ["MIIDKzCC"] },
    header: { x5t: "eBZ_cn3sXYAd0ch4THBKHIgOwOE" },
    typ: "JWT",
    claims: {
      ...{
        jti: "example-id",
        sub: "repo:octo-org/octo-repo:ref:refs/heads/main",
        aud: "https://api.example.com",
        nbf: 0,
      },
      ...{ ref: "refs/heads/main", sha: "example-sha", repository: "octo-org/octo-repo", repository_id: "74" },
      ...{ repository_owner: "octo-org", repository_owner_id: "65", actor: "octocat", run_id: "example-run-id" },
      ...{ workflow: "deploy", ref_type: "branch", event_name: "push", runner_environment: "github-hosted" },
    },
    identity: { userId: "repo:octo-org/octo-repo:ref:refs/heads/main", scopes: [] },
    others: {
      "a token of another repository, for this audience": { repository_id: "75", repository: "mallory/fork" },
      "a token of a branch": { ref: "refs/heads/patch-1" },
      "a token of a pull request": { ref: "refs/pull/7/merge", sub: "repo:octo-org/octo-repo:pull_request" },
      "a token for the usual audience": { aud: "https://github.com/octo-org" },
    },
  },
  {
    file: "kubernetes.ts",
    issuer: "https://kubernetes.default.svc.cluster.local",
    jwks: "https://kubernetes.default.svc/openid/v1/jwks",
    typ: null,
    claims: {
      ...{ aud: ["shop-api"], jti: "aed34954-b33a-4142-b1ec-389d6bbb4936", nbf: 0 },
      "kubernetes.io": {
        namespace: "my-namespace",
        node: { name: "my-node", uid: "646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1" },
        pod: { name: "my-pod", uid: "5e0bd49b-f040-43b0-99b7-22765a53f7f3" },
        serviceaccount: { name: "my-serviceaccount", uid: "14ee3fa4-a7e2-420f-9f9a-dbc4507c3798" },
        warnafter: 1_729_605_247,
      },
      sub: "system:serviceaccount:my-namespace:my-serviceaccount",
    },
    identity: { userId: "system:serviceaccount:my-namespace:my-serviceaccount", scopes: [] },
    others: {
      "a token for the API server": { aud: ["https://kubernetes.default.svc.cluster.local"] },
      "a token from a Secret": { ...without("aud", "exp", "iat", "nbf", "jti"), iss: "kubernetes/serviceaccount" },
    },
  },
];

const AsyncFunction = (async () => undefined).constructor as new (
  ...code: string[]
) => (...given: unknown[]) => Promise<unknown>;
const OWN_TOKEN = join(tmpdir(), `own-token-${process.pid}`);

/** Runs a block of the guide, with another issuer in it. */
async function runBlock({ file, issuer, jwks }: Provider, its: FakeIssuer, jwksUri: string): Promise<TrustedIssuer> {
  const code = BLOCKS.find(({ name }) => name === file)?.code ?? "";
  const [, name] = /^export const (\w+) = trustIssuer\(/m.exec(code) ?? [];
  const named = code
    .replace(/^import .*\n/gm, "")
    .replace(/^export /gm, "")
    .replace(/"\/var\/run\/[^"]*"/, JSON.stringify(OWN_TOKEN))
    .replace(JSON.stringify(issuer), JSON.stringify(its.issuer))
    .replace(jwks === undefined ? "" : JSON.stringify(jwks), jwks === undefined ? "" : JSON.stringify(jwksUri));
  expect(named).not.toMatch(/https:\/\/(?!api\.example\.com)/);
  const { code: script } = await transform(`${named}\nreturn ${name};`, { loader: "ts" });
  const run = new AsyncFunction("trustIssuer", "z", "readFile", script);
  return (await run(hallpass.trustIssuer, zod.z, readFile)) as TrustedIssuer;
}

/** The path of an issuer, with the slash at its end where it has one. */
function pathOf(issuer: string): string {
  const { origin } = new URL(issuer);
  return issuer.slice(origin.length);
}

interface Bench {
  readonly issuer: FakeIssuer;
  readonly profile: TrustedIssuer;
  readonly kid: string;
  mint(claims?: Claims, options?: FakeTokenOptions, by?: FakeIssuer): Promise<string>;
  /** Who it is, or why a guard refuses. */
  ask(token: string): Promise<unknown>;
}

/** Has the key of all providers, since to make one for RSA takes a tenth of a second. */
let signer: FakeIssuer;
let stranger: FakeIssuer;
beforeAll(async () => {
  [signer, stranger] = await Promise.all([
    createFakeIssuer({ algorithm: "RS256" }),
    createFakeIssuer({ algorithm: "RS256" }),
  ]);
});
afterAll(async () => {
  await Promise.all([signer.close(), stranger.close()]);
  await rm(OWN_TOKEN, { force: true });
});

describe.each(PROVIDERS)("$file", (provider) => {
  let bench: Bench;
  let server: Server | undefined;

  beforeAll(async () => {
    const path = pathOf(provider.issuer);
    const issuer = await createFakeIssuer({ path });
    await issuer.addKey({ ...(stranger.jwks().keys[0] as JWK), kid: "for-encryption", use: "enc", alg: "RSA-OAEP" });
    const kid = await issuer.addKey({ ...(signer.jwks().keys[0] as JWK), kid: "its-key", ...provider.members });
    issuer.removeKey("key-1");
    let jwksUri = issuer.jwksUri;
    if (provider.file === "kubernetes.ts") [server, jwksUri] = await serveAsKubernetes(issuer);
    const profile = await runBlock(provider, issuer, jwksUri);
    const guard = hallpass.createGuard({ token: profile, onOutage: () => undefined });
    const { typ, header = {}, claims } = provider;
    bench = {
      ...{ issuer, profile, kid },
      mint: (others = {}, options = {}, by = signer) =>
        by.mint(
          { iss: issuer.issuer, ...claims, ...others },
          { typ, ...options, header: { ...(by === signer && { kid }), ...header, ...options.header } },
        ),
      ask: async (token) => {
        try {
          const { userId, scopes } = (await guard.authenticate(`Bearer ${token}`)) as hallpass.Identity;
          return { userId, scopes };
        } catch (error) {
          const { code, status, cause } = error as hallpass.AuthError;
          return `${status} ${code}: ${(cause as Error).message}`;
        }
      },
    };
  });
  afterAll(async () => {
    await bench.issuer.close();
    server?.close();
  });

  it("accepts a token as it is documented, and knows who it is", async () => {
    const token = await bench.mint();
    const { header } = hallpass.decodeToken(token);
    expect(header).toEqual({
      alg: "RS256",
      kid: bench.kid,
      ...(provider.typ !== null && { typ: provider.typ }),
      ...provider.header,
    });
    expect(await bench.ask(token)).toEqual(provider.identity);
    expect(await bench.ask(token)).toEqual(provider.identity); // by what was remembered, too
    expect(bench.profile.stats().kids).toEqual([bench.kid]); // and not that for encryption
    expect([bench.issuer.count("openid"), bench.issuer.count("jwks")]).toEqual([
      provider.jwks === undefined ? 1 : 0,
      1,
    ]);
  });

  it.each(Object.entries(provider.further ?? {}))("accepts %s", async (_, [claims, identity, options]) => {
    expect(await bench.ask(await bench.mint(claims, options))).toEqual(identity);
  });

  it.each(Object.entries(provider.others))("refuses %s", async (_, claims) => {
    expect(await bench.ask(await bench.mint(claims))).toMatch(/^401 invalid_token: /);
  });

  it("refuses another audience, another issuer, and what lacks either", async () => {
    const name = provider.file === "cognito-access.ts" ? "client_id" : "aud";
    for (const meant of ["https://other.example.com", ["https://other.example.com"], [], "", undefined]) {
      expect(await bench.ask(await bench.mint({ [name]: meant }))).toMatch(
        new RegExp(`^401 invalid_token: ${name} is `),
      );
    }
    for (const iss of ["https://other.example.com", `${bench.issuer.issuer}/x`, provider.issuer, undefined]) {
      expect(await bench.ask(await bench.mint({ iss }))).toMatch(/^401 invalid_token: iss is /);
    }
    const other = bench.issuer.issuer.replace(/\/?$/, (slash) => (slash === "/" ? "" : "/"));
    expect(await bench.ask(await bench.mint({ iss: other }))).toMatch(/^401 invalid_token: iss is /);
  });

  it("refuses a token without its times, and one whose time is over or has not come", async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect(await bench.ask(await bench.mint({ exp: undefined }))).toMatch(/^401 invalid_token: exp and iat must/);
    expect(await bench.ask(await bench.mint({ iat: undefined }))).toMatch(/^401 invalid_token: exp and iat must/);
    expect(await bench.ask(await bench.mint({ exp: now - 31 }))).toMatch(/^401 expired: /);
    expect(await bench.ask(await bench.mint({ exp: now - 20 }))).toEqual(provider.identity);
    expect(await bench.ask(await bench.mint({ nbf: now + 60 }))).toMatch(/^401 invalid_token: nbf is /);
    expect(await bench.ask(await bench.mint({ nbf: now + 20 }))).toEqual(provider.identity);
  });

  it("refuses another typ in the header", async () => {
    for (const typ of ["logout+jwt", "dpop+jwt", "JWE"]) {
      const answer = await bench.ask(await bench.mint({}, { typ }));
      // Where the issuer writes none, none is asked for.
      if (provider.typ === null) expect(answer).toEqual(provider.identity);
      else expect(answer).toMatch(/^401 invalid_token: typ is /);
    }
  });

  it("refuses another algorithm, whatever signed it", async () => {
    const [, payload] = (await bench.mint()).split(".");
    const jwk = bench.issuer.jwks().keys.find(({ kid }) => kid === bench.kid) as JsonWebKey & JWK;
    const pem = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "pem", type: "spki" });
    const header = (alg: string): string =>
      encode({ alg, kid: bench.kid, ...(provider.typ !== null && { typ: provider.typ }) });
    const input = `${header("HS256")}.${payload}`;
    const confused = createHmac("sha256", pem).update(input).digest("base64url");
    expect(await bench.ask(`${input}.${confused}`)).toMatch(/^401 invalid_token: alg is "HS256"/);
    expect(await bench.ask(`${header("none")}.${payload}.`)).toMatch(/^401 invalid_token: /);
    const signature = (await bench.mint()).split(".").at(-1);
    for (const alg of ["PS256", "RS512", "ES256", "EdDSA"]) {
      expect(await bench.ask(`${header(alg)}.${payload}.${signature}`)).toMatch(
        new RegExp(`^401 invalid_token: alg is "${alg}"`),
      );
    }
  });

  it("refuses an unknown key, by its own name and by a known one", async () => {
    expect(await bench.ask(await bench.mint({}, {}, stranger))).toMatch(
      /^401 invalid_token: kid is "key-1", expected "its-key"$/,
    );
    const posing = await bench.mint({}, { header: { kid: bench.kid } }, stranger);
    expect(await bench.ask(posing)).toBe("401 invalid_token: the signature does not hold");
    const whole = await bench.mint();
    const [head, , tail] = whole.split(".");
    const payload = encode({ ...hallpass.decodeToken(whole).claims, sub: "admin", oid: "admin" });
    expect(await bench.ask(`${head}.${payload}.${tail}`)).toBe("401 invalid_token: the signature does not hold");
  });

  it("goes on while its issuer is down, where the key is known", async () => {
    await bench.issuer.behave("refused");
    expect(await bench.ask(await bench.mint({ jti: "while it is down" }))).toEqual(provider.identity);
    await bench.issuer.behave("well");
  });
});

/**
 * The keys of a cluster: for who has a token of the cluster, and as what RFC 7517 §8.5.1 calls them. Its router answers 406
 * to who takes nothing of that type.
 */
async function serveAsKubernetes(issuer: FakeIssuer): Promise<[Server, string]> {
  await writeFile(OWN_TOKEN, "own-token");
  const server = createServer(async ({ headers }, response) => {
    const { accept = "*/*", authorization } = headers;
    const takes = accept.split(",").map((type) => type.split(";")[0]?.trim());
    if (authorization !== "Bearer own-token") response.writeHead(401).end();
    else if (!takes.includes("*/*") && !takes.includes("application/jwk-set+json")) response.writeHead(406).end();
    else {
      const jwks = await fetch(issuer.jwksUri);
      const type = { "content-type": "application/jwk-set+json", "cache-control": "public, max-age=3600" };
      response.writeHead(200, type).end(await jwks.text());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/openid/v1/jwks`];
}

it("has a block for each, and each is tested", () => {
  const trusting = BLOCKS.filter(({ code }) => /^export const \w+ = trustIssuer/m.test(code)).map(({ name }) => name);
  expect(PROVIDERS.map(({ file }) => file).sort()).toEqual(trusting.sort());
});
