import { describe, expect, it } from "vitest";
import { AuthError, isAuthError } from "../../src/core/errors.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Identity } from "../../src/guard/identity.ts";
import type { GuardOptions } from "../../src/guard/options.ts";
import { scopes } from "../../src/guard/rules.ts";
import type { Blocklist, TokenReference } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

const token = profileOf();
const guard = createGuard({ token });
const good = `Bearer ${signed({ ...CLAIMS, scope: " read  write " })}`;
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error) => (isAuthError(error) ? error.code : error),
  );
const blocklistOf = (isRevoked: (token: TokenReference) => unknown): Blocklist =>
  ({ ...memoryBlocklist(), isRevoked }) as Blocklist;

describe("authenticate", () => {
  it("tells who is asking", async () => {
    const identity = await guard.authenticate(good);
    expect(identity).toEqual({
      userId: "user-1",
      scopes: ["read", "write"],
      sid: null,
      claims: { ...CLAIMS, scope: " read  write " },
      credential: "bearer",
      authenticatedAt: null,
      methods: [],
      acr: null,
      issuedAt: NOW,
    });
    expect(Object.isFrozen(identity) && Object.isFrozen(identity.scopes)).toBe(true);
    expect((await guard.authenticate([good])).userId).toBe("user-1");
    expect((await guard.authenticate(`Bearer ${signed()}`)).scopes).toEqual([]);
  });

  it("tells scopes apart, of however many kinds they are", async () => {
    for (let kind = 0; kind < 300; kind += 1) {
      const header = `Bearer ${signed({ ...CLAIMS, scope: `read:${kind}  write:${kind}` })}`;
      for (let time = 0; time < 2; time += 1) {
        const { scopes } = await guard.authenticate(header);
        expect([...scopes]).toEqual([`read:${kind}`, `write:${kind}`]);
        expect(Object.isFrozen(scopes)).toBe(true);
      }
    }
  });

  it("takes a header in every form that parses, whether its token was seen or not", async () => {
    const token = signed({ ...CLAIMS, sub: "user-7" });
    for (const header of ["Bearer", "bearer", "BEARER ", "Bearer  "].map((scheme) => `${scheme} ${token}`)) {
      for (let time = 0; time < 3; time += 1) expect((await guard.authenticate(header)).userId).toBe("user-7");
    }
    for (const header of [`Bearer ${token} `, `Bearer ${token},`, `Bearer ${token}\n`, `Bearer\t${token}`]) {
      expect(await codeOf(guard.authenticate(header))).toBe("invalid_request");
    }
    expect(await codeOf(guard.authenticate(`Bearer ${token}=`))).toBe("invalid_token");
    expect(await codeOf(guard.authenticate(`Basic ${token}`))).toBe("missing_token");
  });

  it("waits for a thread pool and for a schema", async () => {
    const keys = await importKey(await generateKey("Ed25519"));
    const validate = async (value: unknown) => ({ value: { ...(value as object), seen: true } });
    const claims = { "~standard": { version: 1, vendor: "test", validate } };
    const profile = profileOf(keys, { threadPool: true, schema: claims } as object);
    const header = `Bearer ${await issueToken({ sub: "user-1" }, profileOf(keys))}`;
    const { userId, claims: given } = await createGuard({ token: profile }).authenticate(header);
    expect([userId, given.seen]).toEqual(["user-1", true]);
    const other = createGuard({
      token: profileOf(await importKey(await generateKey("Ed25519")), { threadPool: true }),
    });
    expect(await codeOf(other.authenticate(header))).toBe("invalid_token");
  });

  it.each<readonly [unknown, string | undefined]>([
    ["Basic x", "the Authorization header has no Bearer scheme"],
    [good.slice(7), "the Authorization header has no Bearer scheme"],
    [[good.slice(7)], "the Authorization header has no Bearer scheme"],
    ["", undefined],
    [[], undefined],
    [undefined, undefined],
    [null, undefined],
  ])("tells the developer why there is no token in %j: %s", async (header, why) => {
    for (const guard of [createGuard({ token }), createGuard({ token, blocklist: memoryBlocklist() })]) {
      const refused = await guard.authenticate(header as string).catch((error: AuthError) => error);
      expect(refused).toMatchObject({ code: "missing_token" });
      expect((refused as AuthError & { cause?: Error }).cause?.message).toBe(why);
    }
  });

  it.each<readonly [unknown, string]>([
    [undefined, "missing_token"],
    [null, "missing_token"],
    ["", "missing_token"],
    [[], "missing_token"],
    ["Basic x", "missing_token"],
    [[good, good], "invalid_request"],
    [["Basic x", good], "invalid_request"],
    ["Bearer x", "invalid_token"],
    [`Bearer ${signed({ ...CLAIMS, exp: 1 })}`, "expired"],
    [`Bearer ${signed({ ...CLAIMS, sub: undefined })}`, "invalid_token"],
    [`Bearer ${signed({ ...CLAIMS, sub: "" })}`, "invalid_token"],
    [`Bearer ${signed({ ...CLAIMS, scope: ["read"] })}`, "invalid_token"],
  ])("refuses %j: %s", async (header, code) => {
    expect(await codeOf(guard.authenticate(header as string))).toBe(code);
  });

  const none = { headers: null };
  const listed = { headers: ["authorization", good] };
  it.each<unknown>([1, true, {}, [[good]], [undefined], () => good, none, listed])(
    "takes a request or a header, and says so of anything else: %o",
    async (given) => {
      for (const asked of [guard, createGuard({ credentials: [bearer(token), cookieToken(token)] })]) {
        await expect(asked.authenticate(given as never)).rejects.toThrow(/^a guard takes a request, \{ method, url/);
      }
    },
  );

  it.each([7, {}, [7]])("refuses the client where the header is %j, which the application made", async (header) => {
    expect(await codeOf(guard.authenticate({ headers: { authorization: header as string } }))).toBe("invalid_request");
  });

  it("tells of a promised header to whom it tells outages, where there are several credentials", async () => {
    const told: unknown[] = [];
    const onOutage = (error: AuthError) => told.push((error.cause as Error).message);
    const several = createGuard({ credentials: [bearer(token), cookieToken(token)], onOutage });
    const headers = { cookie: Promise.resolve("access_token=x") as never };
    expect(await codeOf(several.authenticate({ method: "GET", headers }))).toBe("unavailable");
    expect(told).toEqual(["the header cookie is a promise: await it"]);
  });

  it("names the realm in every challenge", async () => {
    const inner = createGuard({ token, realm: "inner" });
    for (const header of [undefined, "Bearer", "Bearer x"]) {
      const error = await inner.authenticate(header).catch((caught) => caught);
      expect(error.headers["WWW-Authenticate"]).toMatch(/^Bearer realm="inner"/);
    }
    const lacking = (): void =>
      void inner.authorize({ userId: "u", scopes: [] } as unknown as Identity, scopes("read"));
    expect(lacking).toThrow(
      expect.objectContaining({ headers: { "WWW-Authenticate": expect.stringContaining('realm="inner"') } }),
    );
  });

  it("throws a configuration mistake as it is", async () => {
    const broken = createGuard({ token: profileOf(undefined, { now: () => Number.NaN }) });
    await expect(broken.authenticate(good)).rejects.toThrow(/now\(\) must return/);
  });
});

it("authenticateOptional lets the absent pass, and nothing else", async () => {
  expect(await guard.authenticateOptional(undefined)).toBeNull();
  expect((await guard.authenticateOptional(good))?.userId).toBe("user-1");
  expect(await codeOf(guard.authenticateOptional("Bearer x"))).toBe("invalid_token");
});

it.each<unknown>([
  undefined,
  Promise.resolve({ userId: "user-1", scopes: [], claims: {} }),
  "user-1",
  {},
  { userId: "", scopes: [] },
  { userId: "user-1", scopes: "read" },
])("authorize takes nothing but an identity: %o", (value) => {
  for (const rules of [[], [scopes("read")]]) {
    expect(() => guard.authorize(value as never, ...rules)).toThrow(/authorize takes the identity .* await it/);
  }
});

it("authorize lets an identity pass that has all the scopes", async () => {
  const identity = await guard.authenticate(good);
  expect(() => guard.authorize(identity, scopes("read", "write"))).not.toThrow();
  expect(() => guard.authorize(identity, scopes("read", "admin"))).toThrow(
    expect.objectContaining({ code: "insufficient_scope" }),
  );
  expect(() => guard.authorize(identity, scopes("rea"))).toThrow(expect.objectContaining({ status: 403 }));
  expect(() => guard.authorize(null, scopes("read"))).toThrow(expect.objectContaining({ code: "missing_token" }));
});

describe("the blocklist", () => {
  it("is asked once, about all that a token can be revoked by", async () => {
    const asked: TokenReference[] = [];
    const blocklist = blocklistOf((reference) => {
      asked.push(reference);
      return false;
    });
    await createGuard({ token, blocklist }).authenticate(`Bearer ${signed({ ...CLAIMS, jti: "t1", sid: "s1" })}`);
    await createGuard({ token, blocklist }).authenticate(good);
    expect(asked).toEqual([
      { jti: "t1", sid: "s1", userId: "user-1", issuedAt: new Date(NOW) },
      { jti: null, sid: null, userId: "user-1", issuedAt: new Date(NOW) },
    ]);
  });

  it.each([Number.MAX_VALUE, -Number.MAX_VALUE])("gets a valid Date for an iat of %d", async (iat) => {
    const blocklist = blocklistOf(({ issuedAt }) => Number.isNaN(issuedAt.getTime()));
    expect((await createGuard({ token, blocklist }).authenticate(`Bearer ${signed({ ...CLAIMS, iat })}`)).userId).toBe(
      "user-1",
    );
  });

  it.each<readonly [string, () => unknown, string]>([
    ["true", () => true, "revoked"],
    ["true, later", async () => true, "revoked"],
    ["false, later", async () => false, "no error"],
    ["nothing", () => undefined, "unavailable"],
    ["null", async () => null, "unavailable"],
    ["1", () => 1, "unavailable"],
    ["text", async () => "false", "unavailable"],
    ["an Error", () => new Error("boo"), "unavailable"],
    [
      "a throw",
      () => {
        throw new Error("boo");
      },
      "unavailable",
    ],
    ["a rejection", () => Promise.reject(new Error("boo")), "unavailable"],
    ["a rejection with nothing", () => Promise.reject(), "unavailable"],
    ["a refusal of its own", () => Promise.reject(Object.assign(new Error("x"), { status: 401 })), "unavailable"],
    ["nothing, ever", () => new Promise(() => {}), "unavailable"],
  ])("that answers %s", async (_what, answer, code) => {
    const started = performance.now();
    const guarded = createGuard({ token, blocklist: blocklistOf(answer), storeTimeoutMs: 50 });
    expect(await codeOf(guarded.authenticate(good))).toBe(code);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("that fails after its time is up does not take the process down", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 30));
    const guarded = createGuard({ token, blocklist: blocklistOf(late), storeTimeoutMs: 5 });
    expect(await codeOf(guarded.authenticate(good))).toBe("unavailable");
    await new Promise((resolve) => setTimeout(resolve, 60));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

it.each<readonly [object, RegExp]>([
  [{}, /token must be a profile of defineToken/],
  [token, /^createGuard takes one object: createGuard\(\{ token \}\)$/],
  [{ token: "x" }, /token must be a profile of defineToken\(\{ keys: secretKey\(secret\), .* or trustIssuer$/],
  [{ token: bearer(token) }, /token must be a profile .*; this is a credential: give it as credentials: \[it\]$/],
  [{ token, blocklist: undefined }, /blocklist is undefined/],
  [
    { token, blocklist: {} },
    /with the methods revokeToken, revokeSession, revokeUser, isRevoked, such as memoryBlocklist\(\) of hallpass/,
  ],
  [{ token, blocklist: null }, /blocklist must be an object/],
  [{ token, realm: "" }, /realm must be a non-empty string/],
  [{ token, realm: "a\r\nb" }, /realm must be a string of printable ASCII/],
  [{ token, storeTimeoutMs: 0 }, /storeTimeoutMs must be/],
  [{ token, storeTimeoutMs: Number.POSITIVE_INFINITY }, /storeTimeoutMs must be/],
  [{ token, users: {} }, /there is no option "users"/],
])("createGuard refuses %o", (options, why) => {
  expect(() => createGuard(options as GuardOptions)).toThrow(why);
});

it("a guard without a blocklist waits for the schema, and gives what that makes of the claims", async () => {
  const validate = async (value: unknown) => ({ value: { ...(value as object), seen: true } });
  const claims = { "~standard": { version: 1, vendor: "test", validate } } as never;
  const token = profileOf(undefined, { schema: claims });
  const header = `Bearer ${await issueToken({ sub: "user-1" }, token)}`;
  expect((await createGuard({ token }).authenticate(header)).claims).toMatchObject({ seen: true });
});

it("a guard's promises are promises all the same", async () => {
  const guard = createGuard({ token: profileOf(undefined, { now: () => NOW }) });
  for (const header of ["Bearer x", null, ["a", "b"]]) {
    const refused = guard.authenticate(header);
    expect(refused).toBeInstanceOf(Promise);
    await expect(refused).rejects.toBeInstanceOf(AuthError);
  }
});

it("a schema and a blocklist share the time of one request", async () => {
  const validate = (value: unknown) => new Promise((resolve) => setTimeout(resolve, 300, { value }));
  const schema = { "~standard": { version: 1, vendor: "test", validate } } as never;
  const token = profileOf(undefined, { schema });
  const blocklist = { ...memoryBlocklist(), isRevoked: () => new Promise<boolean>(() => {}) };
  const guard = createGuard({ token, blocklist, requestTimeoutMs: 400, onOutage: () => undefined });
  const header = `Bearer ${await issueToken({ sub: "user-1" }, token)}`;
  const startedAt = performance.now();
  await expect(guard.authenticate(header)).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - startedAt).toBeLessThan(680); // 300 ms for the one and 400 for the other are over that.
});
