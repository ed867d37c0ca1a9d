import type { Server } from "node:http";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handleJwks, handleResourceMetadata } from "../../../src/adapters/adapter.ts";
import * as expressAdapter from "../../../src/adapters/express.ts";
import * as fastifyAdapter from "../../../src/adapters/fastify.ts";
import * as fetchAdapter from "../../../src/adapters/fetch.ts";
import * as koaAdapter from "../../../src/adapters/koa.ts";
import * as nestAdapter from "../../../src/adapters/nest.ts";
import type { AdapterRequest } from "../../../src/adapters/request.ts";
import { protectedResource } from "../../../src/core/http/protected-resource.ts";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { KEY, makeKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { type KeyRing, keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { rotatingKeys } from "../../../src/remote/rotating-keys.ts";
import { NOW } from "../../support/tokens.ts";
import { exchange, type Sent } from "../exchange.ts";
import { JWKS, PUBLISHERS } from "../publish-apps.ts";

const API = "https://api.example.com/orders";
const [current, next] = [await importKey(await generateKey("ES256")), await importKey(await generateKey("Ed25519"))];
const secret = secretKey("a secret of thirty-two bytes, or more");
const keys = keyRing(current, next, secret);
const token = defineToken({ keys, issuer: "https://login.example.com", audience: API });
const api = protectedResource({ token, scopes: ["orders:read"], name: 'The "orders"' });
const guard = createGuard({ token, challenge: api.challenge });
const DOCUMENTS = { [JWKS]: publicJwks(keys), [api.metadataPath]: api.metadata };

describe.each(Object.entries(PUBLISHERS))("%s", (_name, start) => {
  let server: Server;
  const ask = (sent: Sent) => exchange(server, sent);

  beforeAll(async () => {
    server = await start({ keys, api, guard });
  });
  afterAll(() => void server.close());

  it.each(Object.entries(DOCUMENTS))("publishes %s for caches to keep", async (path, document) => {
    const { status, headers, body } = await ask({ path });
    expect([status, JSON.parse(body)]).toEqual([200, document]);
    expect(headers["content-type"]).toMatch(/^application\/json\b/);
    expect(headers["cache-control"]).toBe("public, max-age=600");
    expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it.each(Object.keys(DOCUMENTS))("answers HEAD at %s as GET, without the body", async (path) => {
    const [get, head] = [await ask({ path }), await ask({ method: "HEAD", path })];
    expect([head.status, head.body, head.headers.etag]).toEqual([200, "", get.headers.etag]);
    expect(head.headers["cache-control"]).toBe("public, max-age=600");
    expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
    expect(head.headers["x-body"] ?? "false").toBe("false");
  });

  it.each(Object.keys(DOCUMENTS))("answers 304 at %s to who has it already", async (path) => {
    const tag = (await ask({ path })).headers.etag as string;
    const having = async (...headers: string[]) => {
      const { status, headers: answered, body } = await ask({ path, headers });
      return { status, tag: answered.etag, caching: answered["cache-control"], length: body.length > 0 };
    };
    const kept = { status: 304, tag, caching: "public, max-age=600", length: false };
    expect(await having("If-None-Match", tag)).toEqual(kept);
    expect(await having("If-None-Match", `W/${tag}`)).toEqual(kept);
    expect(await having("If-None-Match", `"other", W/"third",${tag}`)).toEqual(kept);
    expect(await having("If-None-Match", " * ")).toEqual(kept);
    expect(await having("If-None-Match", '"other"', "If-None-Match", tag)).toEqual(kept);
    const sent = { status: 200, tag, caching: "public, max-age=600", length: true };
    for (const other of ['"other"', tag.slice(1, -1), "", `${tag.slice(0, -1)}x"`, '"*"', `w/${tag}`]) {
      expect(await having("If-None-Match", other), other).toEqual(sent);
    }
  });

  it.each(Object.keys(DOCUMENTS))("refuses every other method at %s", async (path) => {
    const post = { method: "POST", headers: ["Content-Type", "application/json"], body: "{}" };
    for (const sent of [post, { method: "DELETE" }]) {
      const { status, headers } = await ask({ ...sent, path });
      expect([status, headers.allow, headers["cache-control"]]).toEqual([405, "GET, HEAD", "no-store"]);
    }
  });

  it("says in its challenge where the document is", async () => {
    const anonymous = await ask({ path: "/me" });
    const challenge = `Bearer realm="api", resource_metadata="${api.metadataUrl}"`;
    expect([anonymous.status, anonymous.headers["www-authenticate"]]).toEqual([401, challenge]);
    const bad = await ask({ path: "/me", headers: ["Authorization", "Bearer forged"] });
    expect(bad.headers["www-authenticate"]).toContain(`error="invalid_token"`);
    expect(bad.headers["www-authenticate"]).toContain(`resource_metadata="${api.metadataUrl}"`);
    const good = await issueToken({ sub: "user-1" }, token);
    expect((await ask({ path: "/me", headers: ["Authorization", `Bearer ${good}`] })).status).toBe(200);
  });
});

const parse = ({ body }: { readonly body: unknown }): unknown => JSON.parse(String(body));

describe("keys that change while the process runs", () => {
  it.each(Object.entries(PUBLISHERS))("are published as they are at each request on %s", async (_name, start) => {
    let ring: () => KeyRing = () => keyRing(current);
    const rotating = rotatingKeys({ load: () => ring() });
    const server = await start({ keys: rotating, api, guard, options: { maxAge: 0 } });
    const before = await exchange(server, { path: JWKS });
    expect([before.status, JSON.parse(before.body)]).toEqual([200, publicJwks(current)]);
    expect(before.headers["cache-control"]).toBe("public, max-age=0");
    ring = () => keyRing(current, next);
    await rotating.reload();
    const after = await exchange(server, { path: JWKS, headers: ["If-None-Match", before.headers.etag as string] });
    expect([after.status, JSON.parse(after.body)]).toEqual([200, publicJwks(keyRing(current, next))]);
    server.close();
  });

  it.each(Object.entries(PUBLISHERS))("are 503 on %s where they can't be had", async (_name, start) => {
    const rotating = rotatingKeys({ load: () => Promise.reject(new Error("the vault is down")) });
    const server = await start({ keys: rotating, api, guard });
    const none = await exchange(server, { path: JWKS });
    expect([none.status, JSON.parse(none.body).error]).toEqual([503, "unavailable"]);
    expect(none.headers["cache-control"]).not.toMatch(/public/);
    expect(none.body).not.toContain("vault");
    server.close();
  });

  it("are not loaded before the first request, and secrets alone are told of then", async () => {
    let loads = 0;
    const load = (): KeyRing => {
      loads += 1;
      return keyRing(secret);
    };
    const handle = handleJwks(rotatingKeys({ load }));
    expect(loads).toBe(0);
    await expect(handle(requestOf())).rejects.toThrow(/^publicJwks: shared secrets have no public half/);
  });

  it("are no longer published once they have retired", async () => {
    let time = NOW;
    const retiring = makeKey(next.algorithm, next.kid, next[KEY], NOW + 1_000);
    const handle = handleJwks(keyRing(current, retiring), { now: () => time });
    const tagOf = async () => (await handle(requestOf())).headers.ETag;
    const before = await tagOf();
    expect(parse(await handle(requestOf()))).toEqual({
      keys: [current, retiring].flatMap((it) => publicJwks(it).keys),
    });
    time = NOW + 1_000;
    expect(parse(await handle(requestOf()))).toEqual(publicJwks(current));
    expect(await tagOf()).not.toBe(before);
  });

  it("are published before they sign, so that nobody refuses the first token", async () => {
    const whole = { issuer: "https://login.example.com", audience: API };
    const body = parse(await handleJwks(keyRing(current, next))(requestOf()));
    const signed = await issueToken({ sub: "user-1" }, defineToken({ ...whole, keys: keyRing(next, current) }));
    await jwtVerify(signed, createLocalJWKSet(body as JSONWebKeySet), whole);
  });

  it("are read and hashed once, however many ask", async () => {
    const handle = handleJwks(keys);
    const [one, other] = [await handle(requestOf()), await handle(requestOf())];
    expect(one.body).toBe(other.body);
  });
});

it("shows neither a secret nor a private member", async () => {
  const body = parse(await handleJwks(keys)(requestOf()));
  const { keys: published } = body as { keys: Record<string, unknown>[] };
  expect(published.map(({ kty }) => kty)).toEqual(["EC", "OKP"]);
  for (const jwk of published) for (const name of ["d", "k", "p", "priv"]) expect(jwk).not.toHaveProperty(name);
});

it("takes a header alone for a request of an adapter that has looked at the method", async () => {
  for (const authRequest of [() => undefined, () => null, () => "Bearer x", () => ["Bearer x"]]) {
    expect((await handleJwks(keys)({ ...requestOf(), authRequest })).status).toBe(200);
  }
});

const VERBS = [
  ...Object.entries({ expressAdapter, koaAdapter, fastifyAdapter, fetchAdapter }).map(
    ([name, { jwks, resourceMetadata }]) => ({ name, jwks, resourceMetadata }),
  ),
  { name: "adapter", jwks: handleJwks, resourceMetadata: handleResourceMetadata },
  {
    name: "nest",
    jwks: nestAdapter.createJwksController,
    resourceMetadata: nestAdapter.createResourceMetadataController,
  },
] as unknown as { name: string; jwks: Build; resourceMetadata: Build }[];
type Build = (...args: readonly unknown[]) => unknown;

describe.each(VERBS)("of $name", ({ jwks, resourceMetadata }) => {
  it("jwks refuses what can't be published when the route is built", () => {
    expect(() => jwks(secret)).toThrow("publicJwks: shared secrets have no public half to publish");
    expect(() => jwks(keyRing(secret))).toThrow(/no public half to publish: sign with a key pair, such as importKey\(/);
    for (const given of [undefined, null, {}, "keys", publicJwks(current)]) {
      expect(() => jwks(given)).toThrow(/keys must be made by/);
    }
    expect(() => jwks(new Request("http://localhost/"))).toThrow("call jwks when the route is built: jwks(keys)");
  });

  it("jwks knows of keys that are loaded from elsewhere as soon as they are loaded", async () => {
    const late = rotatingKeys({ load: () => secret });
    expect(() => jwks(late)).not.toThrow();
    await late.ready();
    expect(() => jwks(late)).toThrow(/no public half to publish/);
  });

  it("resourceMetadata refuses what is no resource when the route is built", () => {
    for (const given of [undefined, null, {}, API, { ...api.metadata }]) {
      expect(() => resourceMetadata(given)).toThrow("resourceMetadata takes what protectedResource makes");
    }
    const request = new Request("http://localhost/");
    expect(() => resourceMetadata(request)).toThrow(/call resourceMetadata when .*: resourceMetadata\(resource\)/);
  });

  it("both refuse a maxAge that is none, and an argument too many", () => {
    for (const maxAge of ["", "10", -1, 1.5, Number.NaN, null, "10 minutes", () => 1]) {
      expect(() => jwks(keys, { maxAge })).toThrow(/^jwks: maxAge must be/);
      expect(() => resourceMetadata(api, { maxAge })).toThrow(/^resourceMetadata: maxAge must be/);
    }
    expect(() => jwks(keys, { maxAge: undefined })).toThrow(/maxAge is undefined/);
    expect(() => jwks(keys, { now: 1 })).toThrow(/^jwks: now must be a function/);
    expect(() => jwks(keys, {}, "x")).toThrow("jwks was given an argument too many");
    expect(() => resourceMetadata(api, {}, "x")).toThrow("resourceMetadata was given an argument too many");
  });
});

function requestOf(): AdapterRequest {
  return {
    header: () => undefined,
    authRequest: () => ({ method: "GET", headers: {} }),
    ip: () => undefined,
    hasBody: () => false,
    body: () => undefined,
  };
}
