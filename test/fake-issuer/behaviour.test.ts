import { createServer } from "node:net";
import { createRemoteJWKSet, type FlattenedJWSInput, jwtVerify } from "jose";
import { describe, expect } from "vitest";
import {
  createFakeIssuer,
  type FakeAnswer,
  type FakeBehaviour,
  type FakeIssuer,
  frozenClock,
} from "../../src/testing.ts";
import { it } from "./fixture.ts";
import { fetchRaw } from "./raw.ts";

/** Milliseconds that a client waits for what won't come, and for what comes. */
const SHORT = 300;
const LONG = 20_000;

const ask = (issuer: FakeIssuer, init?: RequestInit, patience = LONG): Promise<Response> =>
  fetch(issuer.jwksUri, { signal: AbortSignal.timeout(patience), ...init });

/** The code of what a failed fetch was caused by. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = (await promise.then(
    () => ({ name: "none" }),
    (thrown) => thrown,
  )) as Error & { code?: string };
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.name;
}

describe.concurrent("jose's createRemoteJWKSet", () => {
  const verify = async (issuer: FakeIssuer, timeoutDuration = LONG): Promise<string> => {
    const keys = createRemoteJWKSet(new URL(issuer.jwksUri), { timeoutDuration });
    const token = await issuer.mint({ sub: "user-1" });
    return jwtVerify(token, keys, { issuer: issuer.issuer }).then(
      () => "accepted",
      ({ code, name, message }) => code ?? `${name}: ${message}`,
    );
  };

  it.for<[FakeBehaviour, string]>([
    ["well", "accepted"],
    ["hanging", "ERR_JWKS_TIMEOUT"],
    ["hanging-body", "ERR_JWKS_TIMEOUT"],
    ["refused", "fetch failed"],
    ["reset", "fetch failed"],
    ["html", "ERR_JOSE_GENERIC"],
    ["broken-json", "ERR_JOSE_GENERIC"],
    ["no-set", "ERR_JWKS_INVALID"],
    ["wrong-issuer", "accepted"], // as it reads no metadata
    ["redirect", "ERR_JOSE_GENERIC"], // it follows none
    ["redirect-away", "ERR_JOSE_GENERIC"],
    ["redirect-endlessly", "ERR_JOSE_GENERIC"],
  ])("meets %s, and says %s", async ([behaviour, outcome], { issuer }) => {
    await issuer.behave(behaviour);
    expect(await verify(issuer, outcome === "ERR_JWKS_TIMEOUT" ? SHORT : LONG)).toMatch(outcome);
    await issuer.behave("well");
    expect(await verify(issuer)).toBe("accepted");
  });

  it.for<[FakeAnswer, string]>([
    [{ status: 500 }, "ERR_JOSE_GENERIC"],
    [{ delayMs: LONG }, "ERR_JWKS_TIMEOUT"],
    [{ delayMs: 50 }, "accepted"],
    [{ bytes: 2_000_000 }, "accepted"],
    [{ gzip: true }, "accepted"],
    [{ body: "[]" }, "ERR_JWKS_INVALID"],
  ])("meets the answer %j, and says %s", async ([answer, outcome], { issuer }) => {
    await issuer.behave(answer);
    expect(await verify(issuer, outcome === "ERR_JWKS_TIMEOUT" ? SHORT : LONG)).toBe(outcome);
  });

  it("finds no one key where two have the token's kid", async ({ issuer }) => {
    await issuer.addKey("ES256", { kid: "key-1" });
    expect(await verify(issuer)).toBe("ERR_JWKS_MULTIPLE_MATCHING_KEYS");
  });

  it("gets the keys of the moment", async ({ issuer }) => {
    const keys = createRemoteJWKSet(new URL(issuer.jwksUri), { cooldownDuration: 0 });
    const check = async (token: string): Promise<unknown> =>
      jwtVerify(token, (header, input) => keys(header, input as FlattenedJWSInput)).then(
        ({ payload }) => payload.sub,
        ({ code }) => code,
      );
    const old = await issuer.mint({ sub: "old" });
    expect(await check(old)).toBe("old");
    expect(await issuer.rotate()).toBe("key-2");
    expect(await check(await issuer.mint({ sub: "new" }))).toBe("new");
    expect(await check(old)).toBe("old");
    issuer.removeKey("key-1");
    await keys.reload();
    expect(await check(old)).toBe("ERR_JWKS_NO_MATCHING_KEY");
    expect(issuer.count("jwks")).toBe(4);
  });
});

describe.concurrent("a client that waits", () => {
  it("is never answered by what hangs, and leaves", async ({ issuer }) => {
    await issuer.behave("hanging");
    expect(await failureOf(ask(issuer, {}, SHORT))).toBe("TimeoutError");
    expect(issuer.count("jwks")).toBe(1);
  });

  it("gets headers, and then nothing", async ({ issuer }) => {
    await issuer.behave("hanging-body");
    const response = await ask(issuer, {}, SHORT);
    expect(response.status).toBe(200);
    expect(await failureOf(response.text())).toBe("TimeoutError");
  });

  it("gets a byte at a time", async ({ issuer }) => {
    await issuer.behave("dripping");
    const raw = await fetchRaw(issuer.jwksUri, 500);
    expect(raw.isWhole).toBe(false);
    expect(JSON.stringify(issuer.jwks()).startsWith(raw.body.toString())).toBe(true);
    expect(raw.body.length).toBeGreaterThan(1);
    expect(raw.body.length).toBeLessThan(12);
  });

  it("gets all of it in the end", async () => {
    const short = await createFakeIssuer();
    short.removeKey("key-1");
    await short.behave("dripping");
    expect(await (await fetch(short.jwksUri)).json()).toEqual({ keys: [] });
    await short.close();
  });
});

describe("a client of its own", () => {
  it("is refused, and served again on the same port", async ({ issuer }) => {
    await issuer.behave("refused");
    await issuer.behave("refused");
    expect(await failureOf(ask(issuer))).toBe("ECONNREFUSED");
    expect(issuer.count()).toBe(0);
    await issuer.behave("well");
    expect((await ask(issuer)).status).toBe(200);
  });

  it("loses the connection that it has when the issuer refuses", async ({ issuer }) => {
    await issuer.behave("hanging-body");
    const response = await ask(issuer);
    await issuer.behave("refused");
    expect(await failureOf(response.text())).toBe("UND_ERR_SOCKET");
  });

  it("is reset", async ({ issuer }) => {
    await issuer.behave("reset");
    expect(await failureOf(ask(issuer))).toBe("ECONNRESET");
    expect(issuer.count()).toBe(1);
  });

  it("gets half of it", async ({ issuer }) => {
    await issuer.behave("cut-short");
    const { body, headers, isWhole } = await fetchRaw(issuer.jwksUri);
    const text = JSON.stringify(issuer.jwks());
    expect([Number(headers["content-length"]), body.toString(), isWhole]).toEqual([
      text.length,
      text.slice(0, text.length / 2),
      false,
    ]);
    expect(await failureOf(ask(issuer, {}, 3_000).then((it) => it.text()))).toBe("UND_ERR_SOCKET"); // at once
  });

  it("gets HTML, broken JSON, and JSON of something else, all of them with 200", async ({ issuer }) => {
    await issuer.behave("html");
    const page = await ask(issuer);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await page.text()).toMatch(/^<!doctype html>/);
    await issuer.behave("broken-json");
    expect(await failureOf(ask(issuer).then((it) => it.json()))).toBe("SyntaxError");
    await issuer.behave("no-set");
    expect(await (await ask(issuer)).json()).toEqual({ message: "not here" });
  });

  it("leaves in the middle of 100 MiB, and the next one is served", async ({ issuer }) => {
    await issuer.behave("huge");
    const { isWhole } = await fetchRaw(issuer.jwksUri, 20);
    expect(isWhole).toBe(false);
    await issuer.behave("well");
    expect((await ask(issuer)).status).toBe(200);
  });

  it("is redirected to another path", async ({ issuer }) => {
    await issuer.behave("redirect");
    const first = await ask(issuer, { redirect: "manual" });
    expect([first.status, first.headers.get("location")]).toEqual([302, "/moved/.well-known/jwks.json"]);
    expect(await (await ask(issuer)).json()).toEqual(issuer.jwks());
    expect([issuer.count("jwks"), issuer.count("/moved/.well-known/jwks.json")]).toEqual([3, 1]);
  });

  it("is redirected to another origin", async ({ issuer }) => {
    await issuer.behave("redirect-away");
    const response = await ask(issuer);
    expect(await response.json()).toEqual(issuer.jwks());
    expect(new URL(response.url).port).not.toBe(new URL(issuer.jwksUri).port);
    expect(issuer.requests.map(({ url }) => url)).toEqual([issuer.jwksUri, response.url]);
  });

  it("is redirected without an end", async ({ issuer }) => {
    await issuer.behave("redirect-endlessly");
    expect((await ask(issuer, { redirect: "manual" })).headers.get("location")).toBe("/.well-known/jwks.json?again=1");
    await expect(ask(issuer)).rejects.toThrow("fetch failed");
    expect(issuer.requests.at(-1)?.url).toMatch(/\?again=20$/);
  });

  it("meets a behaviour in one document, and not in the others", async ({ issuer }) => {
    await issuer.behave({ status: 404 }, "openid");
    const statuses = async () =>
      Promise.all(
        ["openid-configuration", "oauth-authorization-server", "jwks.json"].map(
          async (name) => (await fetch(`${issuer.issuer}/.well-known/${name}`)).status,
        ),
      );
    expect(await statuses()).toEqual([404, 200, 200]);
    await issuer.behave({ status: 503, headers: { "retry-after": "7" } }, "jwks");
    expect(await statuses()).toEqual([404, 200, 503]);
    expect((await ask(issuer)).headers.get("retry-after")).toBe("7");
    await issuer.behave("refused");
    await issuer.behave("well", "jwks");
    expect(await statuses()).toEqual([200, 200, 200]);
  });

  it("gets no body for HEAD, and nothing for what is no document or no reading", async ({ issuer }) => {
    const head = await ask(issuer, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await ask(issuer, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${issuer.issuer}/token`)).status).toBe(404);
    expect((await fetchRaw(issuer.issuer, LONG, "//")).status).toBe(404);
    expect(issuer.requests.map(({ document, method }) => `${method} ${document}`)).toEqual([
      "HEAD jwks",
      "POST jwks",
      "GET null",
      "GET null",
    ]);
  });

  it("is counted until the requests are forgotten, by the issuer's clock", async () => {
    const clock = frozenClock();
    const own = await createFakeIssuer({ now: clock.now });
    await fetch(own.jwksUri, { headers: { "x-request-id": "1" } });
    clock.advance("1m");
    await fetch(`${own.jwksUri}?again`);
    expect(own.requests).toMatchObject([
      { document: "jwks", url: own.jwksUri, headers: { "x-request-id": "1" }, at: clock.now() - 60_000 },
      { document: "jwks", url: `${own.jwksUri}?again`, at: clock.now() },
    ]);
    expect([own.count(), own.count("jwks"), own.count("openid"), own.count("/.well-known/jwks.json")]).toEqual([
      2, 2, 0, 2,
    ]);
    own.forgetRequests();
    expect(own.requests).toEqual([]);
    await own.close();
  });
});

describe("behave", () => {
  it.for([
    ["sleepy", undefined, /behave takes an answer as an object, or one of well, hanging/],
    ["toString", undefined, /or one of well/],
    [undefined, undefined, /or one of well/],
    [[], undefined, /or one of well/],
    [{ misspelt: 1 }, undefined, /there is no option "misspelt"/],
    [{ status: 99 }, undefined, /status must be a whole number from 200 to 599/],
    [{ delayMs: -1 }, undefined, /delayMs must be/],
    [{ bytes: 0.5 }, undefined, /bytes must be/],
    [{ body: 1 }, undefined, /body must be a string/],
    [{ gzip: "yes" }, undefined, /gzip must be true or false/],
    [{ headers: { a: 1 } }, undefined, /headers must be a plain object with a string for each/],
    ["well", "keys", /the document must be one of openid, oauth, jwks/],
    ["refused", "jwks", /leave the document out/],
  ])("refuses %j of %s", async ([behaviour, document, message], { issuer }) => {
    await expect(issuer.behave(behaviour as never, document as never)).rejects.toThrow(message);
    expect((await ask(issuer)).status).toBe(200);
  });

  it("says it where another program has taken the port", async ({ issuer }) => {
    await issuer.behave("refused");
    const { port } = new URL(issuer.jwksUri);
    const taker = createServer();
    await new Promise<void>((resolve) => taker.listen(Number(port), "127.0.0.1", resolve));
    await expect(issuer.behave("well")).rejects.toThrow("EADDRINUSE");
    await new Promise((resolve) => taker.close(resolve));
    await issuer.behave("well");
    expect((await ask(issuer)).status).toBe(200);
  });

  it("takes its turn behind the change before it, and the end of the issuer behind both", async ({ issuer }) => {
    const changes = [issuer.behave("refused"), issuer.behave("well"), issuer.close()];
    await Promise.all(changes);
    expect(await failureOf(ask(issuer))).toBe("ECONNREFUSED");
    await expect(issuer.behave("well")).rejects.toThrow("this issuer was closed");
    await issuer.close();
  });
});
