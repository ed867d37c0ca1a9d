import { describe, expect, it, vi } from "vitest";
import { handleLogin, handleLogout, handleRefresh } from "../../../src/adapters/flow.ts";
import { handleSession } from "../../../src/adapters/session.ts";
import type { RevokingAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { codeOf, houseOf, passwords, READER } from "../../support/flow.ts";
import { NOW, profileOf } from "../../support/tokens.ts";

const requestOf = (headers: Readonly<Record<string, string>>, body: unknown = undefined) => ({
  header: (name: string) => headers[name],
  authRequest: () => headers.authorization,
  ip: () => "192.0.2.1",
  hasBody: () => body !== undefined,
  body: () => body,
});

describe("a log-out where there are no sessions", () => {
  it("goes by the access token alone, whatever the body says", async () => {
    const auth: RevokingAuthenticator = createAuthenticator({
      token: profileOf(),
      users: houseOf().users,
      passwords,
      blocklist: memoryBlocklist({ now: () => NOW }),
    });
    const { accessToken } = await auth.login(READER);
    const body = { refresh_token: "x" };
    expect(await codeOf(handleLogout(auth)(requestOf({}, body)))).toBe("missing_token");
    const authorization = `Bearer ${accessToken}`;
    expect(await handleLogout(auth)(requestOf({ authorization }, body))).toEqual({
      status: 204,
      headers: {},
      cookies: [],
      body: null,
    });
    expect(await codeOf(auth.authenticate(authorization))).toBe("revoked");
  });
});

describe("an outage", () => {
  it("takes no cookie away, and lets nobody believe that they are logged out", async () => {
    const down = () => Promise.reject(new Error("down"));
    const { auth } = houseOf({ refresh: { cookie: {} }, store: { findSession: down } });
    const sent = requestOf({ cookie: `__Host-refresh=${"A".repeat(43)}` });
    const refused = await handleRefresh(auth)(sent).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "unavailable", headers: { "Retry-After": "5" } });
    expect(refused).not.toHaveProperty(["headers", "Set-Cookie"]);
    expect(await codeOf(handleLogout(auth)(sent))).toBe("unavailable");
  });

  it("is one at a log-out, too, where the session of the cookie was ended and that of the access token was not", async () => {
    const isRevoked = () => Promise.reject(new Error("down"));
    const { auth } = houseOf({ refresh: { cookie: {} }, blocklist: { isRevoked } });
    const [inCookie, inHeader] = [await auth.login(READER), await auth.login(READER)];
    const cookie = `__Host-refresh=${inCookie.refreshToken}`;
    const sent = requestOf({ cookie, authorization: `Bearer ${inHeader.accessToken}` });
    expect(await codeOf(handleLogout(auth)(sent))).toBe("unavailable");
  });
});

it("a cookie that is taken away leaves the refusal its challenge", async () => {
  const { auth } = houseOf({ refresh: { cookie: {} }, more: { realm: "orders" } });
  const sent = requestOf({ cookie: `__Host-refresh=${"A".repeat(43)}`, authorization: "Bearer x.y.z" });
  const refused = await handleLogout(auth)(sent).catch((error: unknown) => error);
  expect(refused).toHaveProperty(["headers", "Set-Cookie"], expect.stringMatching(/^__Host-refresh=; Max-Age=0;/));
  expect(refused).toHaveProperty(["headers", "WWW-Authenticate"], expect.stringMatching(/^Bearer realm="orders", /));
});

it("no proof is looked at that a page of another site has sent", async () => {
  const { auth } = houseOf({ refresh: { cookie: {} } });
  const prove = vi.fn(() => ({ user: { id: "user-1" } }));
  const sent = requestOf({ origin: "https://evil.example", "sec-fetch-site": "cross-site" });
  expect(await codeOf(handleSession(auth, prove)(sent))).toBe("cross_site_request");
  expect(prove).not.toHaveBeenCalled();
});

it("a proof that answers with what is no user is a mistake of the developer's, and no refusal", async () => {
  const { auth } = houseOf();
  for (const answer of [undefined, true, "user-1", []]) {
    const handle = handleSession(auth, () => answer as never);
    await expect(handle(requestOf({}))).rejects.toThrow(/prove must answer with \{ user, … \} or null/);
  }
  await expect(handleSession(auth, () => ({ user: "x" }) as never)(requestOf({}))).rejects.toThrow(/takes a user with/);
});

it("a proof of a password is handed on as it is, with a second factor", async () => {
  const { auth } = houseOf();
  const handle = handleSession(auth, async (request) => ({
    user: await auth.verifyPassword(request.body()),
    methods: ["pwd", "otp"],
  }));
  expect(await handle(requestOf({}, READER))).toMatchObject({ status: 200 });
  expect((await auth.sessions("user-1"))[0]?.methods).toEqual(["pwd", "otp"]);
  expect(await codeOf(handle(requestOf({}, { ...READER, password: "x" })))).toBe("invalid_credentials");
});

it("a proof that names a refresh token ends its session, and not that of the cookie", async () => {
  const { auth } = houseOf({ refresh: { cookie: {} } });
  const [inCookie, named] = [await auth.login(READER), await auth.login(READER)];
  const handle = handleSession(auth, () => ({ user: { id: "user-1" }, refreshToken: named.refreshToken }));
  const sent = requestOf({ cookie: `__Host-refresh=${inCookie.refreshToken}` });
  expect(await handle(sent)).toMatchObject({ status: 200 });
  expect(await codeOf(auth.authenticate(`Bearer ${named.accessToken}`))).toBe("revoked");
  expect(await codeOf(auth.authenticate(`Bearer ${inCookie.accessToken}`))).toBe("ok");
});

it("a device token is kept as long as the session's cookie", async () => {
  const device = profileOf(undefined, { typ: "device+jwt", expiresIn: "180d" });
  const limiter = () => ({ consume: async () => null, reward: async () => null });
  const { auth } = houseOf({
    refresh: { cookie: {} },
    more: { throttle: { account: limiter(), address: limiter(), device } },
  });
  for (const persistent of [true, false]) {
    const { cookies } = await handleLogin(auth, { session: async () => ({ persistent }) })(requestOf({}, READER));
    expect(cookies.length).toBe(2);
    expect(cookies.every((cookie) => cookie.includes("Max-Age") === persistent)).toBe(true);
  }
});

it("a mistake of the developer's is no refusal of the client", async () => {
  const { auth } = houseOf();
  const logout = () => Promise.reject(new TypeError("logout takes an identity"));
  const authorization = `Bearer ${(await auth.login(READER)).accessToken}`;
  const sent = requestOf({ authorization }, { refresh_token: "x" });
  await expect(handleLogout({ ...auth, logout })(sent)).rejects.toThrow(/takes an identity/);
});

it("a log-out that shows another user's token beside its cookie is told so, and is no success", async () => {
  const token = profileOf();
  const credentials = [cookieToken(token), bearer(token)];
  const { auth } = houseOf({ refresh: { cookie: {} }, more: { credentials } });
  const [own, other] = [await auth.login(READER), await auth.login(READER)];
  const cookies = `__Host-refresh=${own.refreshToken}; __Host-access=${own.accessToken}`;
  const shown = (headers: Readonly<Record<string, string>>) => ({
    ...requestOf(headers),
    authRequest: () => ({ method: "POST", url: "/logout", headers }),
  });
  const sent = shown({ cookie: cookies, authorization: `Bearer ${other.accessToken}` });
  await expect(handleLogout(auth)(sent)).rejects.toMatchObject({ code: "invalid_request", status: 400 });
  expect(await codeOf(auth.authenticateToken(other.accessToken))).toBe("ok");
  expect((await handleLogout(auth)(shown({ cookie: cookies }))).status).toBe(204);
});
