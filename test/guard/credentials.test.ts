import { describe, expect, it, vi } from "vitest";
import { AuthError, isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import type { AuthEvent } from "../../src/events/event.ts";
import { anyOf } from "../../src/guard/any-of.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential, ShownIdentity } from "../../src/guard/credential.ts";
import { fresh } from "../../src/guard/fresh.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { where } from "../../src/guard/rules.ts";
import { sleep } from "../../src/shared/promise.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { CLAIMS, HEADER, profileOf, signed } from "../support/tokens.ts";

const OURS = "https://ours.example.com";
const THEIRS = "https://theirs.example.com";
const THEIR_SECRET = "another secret of thirty-two bytes";
const ours = profileOf(undefined, { issuer: OURS });
const theirs = profileOf(secretKey(THEIR_SECRET), { issuer: THEIRS });
const header = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const codeOf = (promise: unknown): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => "no error",
    (error) => (isAuthError(error) ? error.code : error),
  );

describe("several issuers", () => {
  const guard = createGuard({ credentials: [bearer([ours, theirs])] });

  it("are each known by their own key", async () => {
    const [one, other] = [signed({ ...CLAIMS, iss: OURS }), signed({ ...CLAIMS, iss: THEIRS }, HEADER, THEIR_SECRET)];
    for (let time = 0; time < 3; time += 1) {
      expect((await guard.authenticate(header(one))).claims).toMatchObject({ iss: OURS });
      expect((await guard.authenticate(header(other))).claims).toMatchObject({ iss: THEIRS });
    }
  });

  it.each([
    ["ours by their key", signed({ ...CLAIMS, iss: OURS }, HEADER, THEIR_SECRET)],
    ["theirs by our key", signed({ ...CLAIMS, iss: THEIRS })],
    ["nobody's", signed({ ...CLAIMS, iss: "https://nobody.example.com" })],
    ["of no issuer", signed(CLAIMS)],
    ["of a list of issuers", signed({ ...CLAIMS, iss: [OURS] })],
  ])("refuse a token that is %s", async (_name, token) => {
    expect(await codeOf(guard.authenticate(header(token)))).toBe("invalid_token");
  });

  it("refuse what a profile of any issuer remembers, if it names the issuer of another", async () => {
    const anybody = profileOf(secretKey(THEIR_SECRET));
    const forged = header(signed({ ...CLAIMS, iss: OURS }, HEADER, THEIR_SECRET));
    const both = createGuard({ credentials: [bearer([ours, anybody])] });
    expect(await codeOf(both.authenticate(forged))).toBe("invalid_token");
    const alone = createGuard({ token: anybody });
    for (let time = 0; time < 3; time += 1) expect((await alone.authenticate(forged)).userId).toBe("user-1");
    expect(await codeOf(both.authenticate(forged))).toBe("invalid_token");
    const other = header(signed({ ...CLAIMS, iss: THEIRS }, HEADER, THEIR_SECRET));
    for (let time = 0; time < 3; time += 1) expect((await both.authenticate(other)).userId).toBe("user-1");
  });
});

describe("several kinds of token of one issuer", async () => {
  const schema = (shape: (claims: object) => unknown) =>
    ({ "~standard": { version: 1, vendor: "test", validate: shape } }) as never;
  const named = schema((value) => ({ value: { ...value, named: true } }));
  const broken = schema(() => {
    throw new Error("of the application");
  });
  const older = profileOf(secretKey(THEIR_SECRET), { issuer: OURS, typ: ["JWT", "old+jwt"] });
  const shaped = profileOf(undefined, { issuer: OURS, typ: "shaped+jwt", schema: named });
  const failing = profileOf(undefined, { issuer: OURS, typ: "failing+jwt", schema: broken });
  const pair = await importKey(await generateKey("Ed25519"));
  const pooled = profileOf(pair, { issuer: THEIRS, threadPool: true, cacheSize: 0 });
  const inPool = await issueToken({ sub: "user-1" }, pooled);
  const guard = createGuard({ credentials: [bearer([ours, older, shaped, failing, pooled])] });
  const ask = (typ: unknown, secret?: string) =>
    guard.authenticate(header(signed({ ...CLAIMS, iss: OURS }, { ...HEADER, typ }, secret)));

  it("are told apart by their typ, each with its own key and schema", async () => {
    for (let time = 0; time < 3; time += 1) {
      expect(await codeOf(ask("at+jwt"))).toBe("no error");
      expect(await codeOf(ask("old+jwt", THEIR_SECRET))).toBe("no error");
      expect(await codeOf(ask("application/jwt", THEIR_SECRET))).toBe("no error");
      expect((await ask("shaped+jwt")).claims).toMatchObject({ named: true });
      expect(await codeOf(guard.authenticate(header(inPool)))).toBe("no error");
    }
  });

  it("refuse what is of none, or of one by another's key", async () => {
    for (const typ of ["reset+jwt", undefined, 7, null]) expect(await codeOf(ask(typ))).toBe("invalid_token");
    expect(await codeOf(ask("at+jwt", THEIR_SECRET))).toBe("invalid_token");
    expect(await codeOf(ask("old+jwt"))).toBe("invalid_token");
    expect(await codeOf(ask("shaped+jwt", THEIR_SECRET))).toBe("invalid_token");
  });

  it("are no refusal where a schema is broken", async () => {
    expect(await codeOf(ask("failing+jwt"))).toBe("unavailable");
  });

  it("can't be given where one token could be of two", () => {
    const any = profileOf(undefined, { issuer: OURS, typ: null });
    const twin = profileOf(undefined, { issuer: OURS, typ: "application/at+jwt" });
    for (const other of [any, twin, ours]) {
      for (const pair of [
        [ours, other],
        [other, ours],
      ])
        expect(() => bearer(pair)).toThrow(/same issuer and typ/);
    }
    expect(() => bearer([])).toThrow(TypeError);
    expect(() => bearer([ours, "theirs" as never])).toThrow(TypeError);
  });
});

describe("two credentials that look in one place", () => {
  const own = (name: string, takesAll = false): Credential => ({
    name,
    place: "authorization",
    takesAll,
    read: (request) => request.authorization(),
    verify: () => ({ userId: name, claims: {} }),
  });
  const whoIs = async (...credentials: Credential[]) =>
    (await createGuard({ credentials }).authenticate("Own x")).userId;

  it("are asked in order, and one that takes all comes last", async () => {
    expect(await whoIs(own("one"), own("two"))).toBe("one");
    expect(await whoIs(own("one", true), own("two"))).toBe("two");
    expect(await whoIs(own("one"), own("two", true))).toBe("one");
    expect(await whoIs(own("one", true), own("two", true))).toBe("one");
  });

  it("are not called the same", () => {
    expect(() => createGuard({ credentials: [own("one"), own("one")] })).toThrow(/same name/);
    for (const none of [null, undefined, {}, "bearer", { ...own("x"), place: "" }, { ...own("x"), read: null }]) {
      expect(() => createGuard({ credentials: [none as never] })).toThrow(/credentials must be a list/);
    }
    expect(() => createGuard({ credentials: [] })).toThrow(/credentials must be a list/);
  });
});

describe("a credential of the application's own", () => {
  const answering = (answer: unknown, credential: Partial<Credential> = {}): Guard =>
    createGuard({
      blocklist: memoryBlocklist(),
      onOutage: () => {},
      requestTimeoutMs: 50,
      credentials: [
        {
          name: "subject",
          place: "x-subject",
          read: (request) => request.header("x-subject"),
          verify: () => answer as ShownIdentity,
          ...credential,
        },
      ],
    });
  const ask = (guard: Guard) => guard.authenticate({ headers: { "X-Subject": "user-1" } });
  const good = { userId: "user-1", claims: {} };

  it("may answer later, and the blocklist has the time that is left", async () => {
    const revocation = { jti: "key-1", issuedAt: new Date(0) };
    const later = async () => {
      await sleep(20);
      return { ...good, revocation };
    };
    expect((await ask(answering(null, { verify: later }))).userId).toBe("user-1");
    const none = createGuard({ credentials: [{ name: "x", place: "x", read: () => "x", verify: later }] });
    expect((await none.authenticate({ headers: {} })).userId).toBe("user-1");
  });

  it("answers with as little as a user's id", async () => {
    expect(await ask(answering(good))).toMatchObject({
      userId: "user-1",
      scopes: [],
      credential: "subject",
      sid: null,
    });
  });

  it("answers as an object of any class, and is looked up among what was revoked", async () => {
    class Answer {
      readonly userId = "user-1";
      readonly claims = {};
      get methods() {
        return ["hwk"];
      }
      get revocation() {
        return { jti: null, issuedAt: new Date(1) };
      }
    }
    const blocklist = memoryBlocklist();
    const credential: Credential = { name: "own", place: "x", read: () => "x", verify: () => new Answer() };
    const guard = createGuard({ blocklist, credentials: [credential] });
    expect(await ask(guard)).toMatchObject({ userId: "user-1", methods: ["hwk"] });
    await blocklist.revokeUser("user-1", new Date(), new Date(Date.now() + 60_000));
    expect(await codeOf(ask(guard))).toBe("revoked");
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["no user", { claims: {} }],
    ["a number for a user", { ...good, userId: 7 }],
    ["text for scopes", { ...good, scopes: "admin" }],
    ["a promised scope", { ...good, scopes: ["admin", Promise.resolve("read")] }],
    ["a promised method", { ...good, methods: [Promise.resolve("otp")] }],
    ["text for methods", { ...good, methods: "totp" }],
    ["a date for a time", { ...good, authenticatedAt: new Date() }],
    ["no time at all", { ...good, authenticatedAt: Number.NaN }],
    ["text for a date", { ...good, issuedAt: "today" }],
    ["null for a revocation", { ...good, revocation: null }],
    ["no date of issue", { ...good, revocation: { jti: "1", issuedAt: "today" } }],
    ["a date of issue that is none", { ...good, revocation: { jti: "1", issuedAt: new Date(Number.NaN) } }],
    ["a number for a session", { ...good, sid: 7, revocation: { jti: null, issuedAt: new Date() } }],
    ["no id of its own", { ...good, revocation: { issuedAt: new Date() } }],
    ["a promise that hangs", new Promise(() => {})],
    [
      "a getter that throws",
      {
        ...good,
        get sid() {
          throw new Error("of the application");
        },
      },
    ],
  ])("is an outage where it answers %s", async (_name, answer) => {
    expect(await codeOf(ask(answering(answer)))).toBe("unavailable");
  });

  it("leaves no promise alone that rejects where it can't read at once", async () => {
    const read = async () => {
      throw new Error("of the application");
    };
    expect(await codeOf(ask(answering(good, { read: read as never })))).toBe("unavailable");
    await sleep(5);
  });

  it.each<[string, unknown]>([
    ["text", "Signature"],
    ["no scheme", { parameters: {} }],
    ["a number for a scheme", { scheme: 7 }],
    ["a scheme that is no token", { scheme: "a b" }],
    ["text for parameters", { scheme: "Signature", parameters: "keys" }],
    ["a list", ["Signature"]],
  ])("can't have %s for a challenge", (_name, challenge) => {
    expect(() => answering(good, { challenge: challenge as never })).toThrow(TypeError);
  });

  it("names its scheme as it is", async () => {
    const guard = answering(good, { challenge: { scheme: "$&$$" }, read: () => null });
    const refused = await ask(guard).catch((error) => error);
    expect(refused.headers).toEqual({ "WWW-Authenticate": '$&$$ realm="api"' });
  });

  it("is an outage where it can't read", async () => {
    const throwing = vi.fn(() => {
      throw new Error("of the application");
    });
    expect(await codeOf(ask(answering(good, { read: throwing })))).toBe("unavailable");
    expect(await codeOf(ask(answering(good, { read: () => undefined as never })))).toBe("unavailable");
    expect(await codeOf(ask(answering(good, { read: async () => "user-1" as never } as never)))).toBe("unavailable");
    const refusing = () => Promise.reject(new AuthError("revoked"));
    expect(await codeOf(ask(answering(good, { verify: refusing })))).toBe("revoked");
  });
});

describe("a request", () => {
  const cookie = cookieToken(ours);
  const guard = createGuard({ credentials: [bearer(ours), cookie] });
  const token = signed({ ...CLAIMS, iss: OURS });
  const other = signed({ ...CLAIMS, iss: OURS, sub: "user-2" });
  const bearerHeader = `Bearer ${token}`;
  const kept = `__Host-access=${token}`;

  it.each<[string, Parameters<Guard["authenticate"]>[0], string]>([
    ["of Fetch", new Request("https://a.example.com", { headers: { authorization: bearerHeader } }), "bearer"],
    ["of Fetch with a cookie", { method: "GET", headers: new Headers({ cookie: kept }) }, "cookie"],
    ["of a Lambda", { method: "get", url: "/", headers: { Authorization: bearerHeader } }, "bearer"],
    ["of a Lambda with lists", { method: "GET", headers: { COOKIE: [kept] } }, "cookie"],
    ["of HTTP/2", { method: "GET", headers: { ":authority": "a.example.com", authorization: bearerHeader } }, "bearer"],
    [
      "of Fetch's headers beside Node's",
      {
        method: "GET",
        headers: new Headers({ authorization: bearerHeader }),
        rawHeaders: ["Authorization", bearerHeader],
      },
      "bearer",
    ],
    ["that shows one token twice", { method: "GET", headers: { authorization: bearerHeader, cookie: kept } }, "bearer"],
    ["with one cookie twice", { method: "GET", headers: { cookie: `${kept}; ${kept}` } }, "cookie"],
    [
      "of Socket.IO from the server's own page",
      { headers: { host: "a.example.com", origin: "https://a.example.com", cookie: kept } },
      "cookie",
    ],
  ])("%s is taken", async (_name, request, credential) => {
    expect(await guard.authenticate(request)).toMatchObject({ userId: "user-1", credential });
  });

  const far = { host: "a.example.com", origin: "https://evil.example.com", cookie: kept };
  it.each<[string, Parameters<Guard["authenticate"]>[0], string]>([
    [
      "with two tokens",
      { method: "GET", headers: { authorization: `Bearer ${other}`, cookie: kept } },
      "invalid_request",
    ],
    [
      "with two headers",
      {
        method: "GET",
        headers: { authorization: bearerHeader },
        rawHeaders: ["Authorization", bearerHeader, "AUTHORIZATION", `Bearer ${other}`],
      },
      "invalid_request",
    ],
    [
      "with a header in two cases",
      { method: "GET", headers: { authorization: bearerHeader, Authorization: bearerHeader } },
      "invalid_request",
    ],
    ["with two cookies", { method: "GET", headers: { cookie: `${kept}; __Host-access=${other}` } }, "invalid_request"],
    ["that posts from elsewhere", { method: "post", headers: far }, "cross_site_request"],
    ["that does not say how", { headers: far }, "cross_site_request"],
    ["that connects from elsewhere", { method: "CONNECT", headers: far }, "cross_site_request"],
    [
      "that upgrades from elsewhere",
      { method: "GET", headers: { ...far, Upgrade: "websocket" } },
      "cross_site_request",
    ],
    ["without anything", { method: "GET", headers: {} }, "missing_token"],
  ])("%s is refused", async (_name, request, code) => {
    expect(await codeOf(guard.authenticate(request))).toBe(code);
  });

  it("alone as a header shows no cookie, and a bare token is a bearer's", async () => {
    expect((await guard.authenticateToken(token)).credential).toBe("bearer");
    expect(await codeOf(guard.authenticateToken(null))).toBe("missing_token");
    for (const lie of [7, {}, [token], true])
      expect(await codeOf(guard.authenticateToken(lie))).toBe("invalid_request");
    expect(await codeOf(createGuard({ credentials: [cookie] }).authenticate(bearerHeader))).toBe("missing_token");
    expect(await codeOf(guard.authenticate(7 as never))).toBeInstanceOf(TypeError);
  });
});

describe("a proof", () => {
  it("by a strength alone is one too, and by what is no list of methods none", async () => {
    const guard = createGuard({ token: ours });
    const ask = async (claims: object) =>
      guard.authenticate(header(signed({ ...CLAIMS, iss: OURS, ...claims }))).then(async (identity) => {
        await guard.authorize(identity, fresh({ acr: "gold" }));
        return identity.methods;
      });
    expect(await ask({ acr: "gold", amr: ["otp"] })).toEqual(["otp"]);
    for (const amr of ["otp", [7], null, {}, undefined]) expect(await ask({ acr: "gold", amr })).toEqual([]);
    for (const acr of ["silver", ["gold"], null, undefined]) {
      expect(await codeOf(ask({ acr }))).toBe("insufficient_user_authentication");
    }
    expect(() => fresh({})).toThrow(/needs maxAge, methods or acr/);
  });

  it("by other methods is none, whatever a guard says they are", async () => {
    const guard = createGuard({ token: ours });
    const identity = await guard.authenticate(header(signed({ ...CLAIMS, iss: OURS })));
    const byOtp = fresh({ methods: ["otp"] });
    const ask = async (methods: unknown) => guard.authorize({ ...identity, methods: methods as string[] }, byOtp);
    expect(await codeOf(ask(["pwd", "otp"]))).toBe("no error");
    for (const methods of ["totp", undefined, null, [], ["pwd"]]) {
      expect(await codeOf(ask(methods))).toBe("insufficient_user_authentication");
    }
  });
});

describe("anyOf", () => {
  const one = createGuard({ token: ours, realm: "ours" });
  const other = createGuard({ token: theirs, realm: "theirs" });
  const down: Guard = { ...one, authenticate: () => Promise.reject(new AuthError("unavailable")) };
  const theirToken = header(signed({ ...CLAIMS, iss: THEIRS }, HEADER, THEIR_SECRET));

  it("asks until one guard knows who it is, and that one decides", async () => {
    const guard = anyOf(one, other);
    const identity = await guard.authenticate(theirToken);
    expect(identity.claims).toMatchObject({ iss: THEIRS });
    await guard.authorize(identity);
    expect(
      await codeOf(
        (async () =>
          guard.authorize(
            identity,
            where(() => false),
          ))(),
      ),
    ).toBe("forbidden");
    expect(() => guard.authorize({ ...identity })).toThrow(TypeError);
  });

  it("is unavailable where one guard is, unless another knows", async () => {
    expect((await anyOf(down, other).authenticate(theirToken)).userId).toBe("user-1");
    expect(await codeOf(anyOf(down, one).authenticate(theirToken))).toBe("unavailable");
    expect(await codeOf(anyOf(one, down).authenticateOptional(theirToken))).toBe("unavailable");
  });

  it("takes no answer for an identity that is none, and no guard that can't authorize", async () => {
    for (const lie of [[], undefined, "user-1", { userId: "" }, true]) {
      const lying = { ...one, authenticate: async () => lie as never };
      expect(await codeOf(anyOf(one, lying).authenticateOptional({ headers: {} }))).toBeInstanceOf(TypeError);
      expect(await codeOf(anyOf(lying).authenticate(theirToken))).toBeInstanceOf(TypeError);
    }
    const { authorize: _, ...rest } = one;
    for (const none of [rest, null, undefined, ours, "guard"]) expect(() => anyOf(none as never)).toThrow(TypeError);
    expect(() => anyOf()).toThrow(TypeError);
    const broken = { ...one, authenticate: () => Promise.reject(new TypeError("of the application")) };
    expect(await codeOf(anyOf(broken, one).authenticate(theirToken))).toBeInstanceOf(TypeError);
    await expect((async () => anyOf(one, other).authorize(null))()).rejects.toThrow(/Authentication is required/);
  });

  it("refuses two credentials for two guards as one guard does, and tells of it once", async () => {
    const told: unknown[] = [];
    const onEvent = (event: AuthEvent): void => void told.push(event.type === "token_refused" && event.code);
    const pages = createGuard({ credentials: [cookieToken(ours, { name: "session" })], realm: "pages", onEvent });
    const ourToken = signed({ ...CLAIMS, iss: OURS });
    const cookie = `session=${ourToken}`;
    const both = { headers: { ...theirToken.headers, cookie } };
    const guards = [anyOf(pages, other), anyOf(one, anyOf(pages, other)), anyOf(down, pages, other)];
    for (const guard of guards) {
      for (const method of ["authenticate", "authenticateOptional"] as const) {
        const refusal = await guard[method](both).catch((error: AuthError) => error);
        expect(refusal).toMatchObject({ code: "invalid_request", status: 400 });
        expect(String((refusal as AuthError).cause)).toMatch(/this one shows two: (cookie|bearer) and (cookie|bearer)/);
      }
      expect((await guard.authenticate({ headers: { cookie } })).userId).toBe("user-1");
    }
    expect(told).toEqual(Array(4).fill("invalid_request"));
    const same = { headers: { ...header(ourToken).headers, cookie } };
    expect((await anyOf(pages, one).authenticate(same)).credential).toBe("cookie");
    const admins = createGuard({ credentials: [cookieToken(theirs, { name: "admin" })] });
    const admin = signed({ ...CLAIMS, iss: THEIRS, sub: "admin-1" }, HEADER, THEIR_SECRET);
    const cookies = { headers: { cookie: `${cookie}; admin=${admin}` } };
    expect((await anyOf(pages, admins).authenticate(cookies)).userId).toBe("user-1");
    expect((await anyOf(admins, pages).authenticate(cookies)).userId).toBe("admin-1");
    const stale = { headers: { ...theirToken.headers, cookie: "session=a; session=b" } };
    expect((await anyOf(other, pages).authenticate(stale)).userId).toBe("user-1");
    const withHeader = { headers: { ...cookies.headers, ...theirToken.headers } };
    expect(await codeOf(anyOf(pages, admins, other).authenticate(withHeader))).toBe("invalid_request");
    // What else is wrong with a credential is for its guard to say, where nobody else knows who it is.
    const broken: Credential = { name: "broken", place: "x", read: () => JSON.parse("{"), verify: () => ({}) as never };
    const breaking = createGuard({ credentials: [broken], onOutage: () => undefined });
    expect((await anyOf(breaking, pages).authenticate({ headers: { cookie } })).userId).toBe("user-1");
    expect(await codeOf(anyOf(down).authenticate(both))).toBe("unavailable");
  });

  it("names all challenges where nothing is shown, and lets it pass where that may be", async () => {
    const refusal = await anyOf(one, other)
      .authenticate({ headers: {} })
      .catch((error: AuthError) => error);
    expect(refusal).toMatchObject({
      code: "missing_token",
      headers: { "WWW-Authenticate": 'Bearer realm="ours", Bearer realm="theirs"' },
    });
    expect(await anyOf(one, other).authenticateOptional({ headers: {} })).toBeNull();
    expect(await anyOf(one, other).authenticateOptional(theirToken)).toMatchObject({ userId: "user-1" });
    expect(await codeOf(anyOf(one, other).authenticateOptional(header("x")))).toBe("invalid_token");
  });
});
