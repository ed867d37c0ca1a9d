import type { Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bearer } from "../../../src/guard/bearer.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import type { Credential } from "../../../src/guard/credential.ts";
import { type Changes, type House, houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { profileOf } from "../../support/tokens.ts";
import type { App } from "../apps.ts";
import { ADAPTERS } from "../client.ts";
import { type Answer, exchange } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";
import { openStage, type Stage } from "../stage.ts";

const token = profileOf();
const cookie = cookieToken(token);
const ACCESS = /^__Host-access=([\w.-]+); Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
const REFRESH = /^__Host-refresh=([\w-]{43}); Max-Age=1209600; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
const HOW = "Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict";
const GONE = { refresh: `__Host-refresh=; ${HOW}`, access: `__Host-access=; ${HOW}` };
const FAR = ["Origin", "https://evil.example.com", "Sec-Fetch-Site", "cross-site"];

const houseWith = (credentials: readonly Credential[], refresh: Changes["refresh"] = { cookie: {} }) =>
  houseOf({ refresh, more: { credentials: credentials as readonly Credential<never>[] } });
const json = ({ body }: Answer): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;
const setCookies = ({ headers }: Answer): readonly string[] => headers["set-cookie"] ?? [];

/** Sends the cookies that an answer has set, as a browser does. */
const sendBack = (answer: Answer): readonly string[] => [
  "Cookie",
  setCookies(answer)
    .map((text) => text.split(";", 1)[0])
    .join("; "),
];
/** Sends only the access token's cookie back. */
const sendAccess = (answer: Answer): readonly string[] => ["Cookie", `__Host-access=${tokenIn(answer)}`];
const tokenIn = (answer: Answer): string => ACCESS.exec(setCookies(answer).at(-1) ?? "")?.[1] ?? "none";

/** What the application itself has set before, an answer keeps beside these. */
const ownCookies = (answer: Answer): readonly string[] =>
  setCookies(answer).filter((text) => text.startsWith("__Host-"));

/** Opens an application before the tests of a suite, in which houses stand in turn, and closes it behind them. */
function openHouses(app: App) {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, houseOf().auth, { log: () => {} });
  });
  afterAll(() => stage.close());
  const serve = (house: House): Server => {
    stage.put(house.auth);
    return stage.server;
  };
  const post = (server: Server, path: string, headers: readonly string[] = [], body?: object): Promise<Answer> =>
    exchange(server, {
      method: "POST",
      path,
      headers: body === undefined ? headers : ["Content-Type", "application/json", ...headers],
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const me = async (server: Server, headers: readonly string[]): Promise<number> =>
    (await exchange(server, { path: "/me", headers })).status;
  return { serve, post, me };
}

describe.each(partOf(ADAPTERS, 0, 2))("%s, where only cookies are taken", (name, app) => {
  const { serve, post, me } = openHouses(app);
  let server: Server;
  beforeEach(() => {
    server = serve(houseWith([cookie]));
  });

  it("logs in, refreshes and logs out, and no script ever sees a token", async () => {
    const login = await post(server, "/login", [], READER);
    expect(login.headers["cache-control"]).toBe("no-store");
    expect(ownCookies(login)).toEqual([expect.stringMatching(REFRESH), expect.stringMatching(ACCESS)]);
    expect(json(login)).toEqual({ expires_in: 900 });
    expect(await me(server, sendAccess(login))).toBe(200);
    expect(await me(server, ["Authorization", `Bearer ${tokenIn(login)}`])).toBe(401);

    const next = await post(server, "/refresh", sendBack(login));
    expect(ownCookies(next)).toEqual([expect.stringMatching(REFRESH), expect.stringMatching(ACCESS)]);
    expect(json(next)).toEqual({ expires_in: 900 });
    expect(tokenIn(next)).not.toBe(tokenIn(login));
    expect(await me(server, sendAccess(next))).toBe(200);

    const out = await post(server, "/logout", sendBack(next));
    expect([out.status, out.body, ownCookies(out)]).toEqual([204, "", [GONE.refresh, GONE.access]]);
    for (const dead of [login, next]) expect(await me(server, sendAccess(dead))).toBe(401);
    expect((await post(server, "/refresh", sendBack(next))).status).toBe(401);
    expect((await post(server, "/logout", sendBack(next))).status).toBe(204);
  });

  it("logs out by the access token alone, and not by two", async () => {
    const [one, other] = [await post(server, "/login", [], READER), await post(server, "/login", [], READER)];
    const both = ["Cookie", `__Host-access=${tokenIn(one)}; __Host-access=${tokenIn(other)}`];
    const refused = await post(server, "/logout", both);
    expect([refused.status, ownCookies(refused)]).toEqual([400, [GONE.access]]);
    for (const alive of [one, other]) expect(await me(server, sendAccess(alive))).toBe(200);
    expect((await post(server, "/logout", sendAccess(one))).status).toBe(204);
    expect(await me(server, sendAccess(one))).toBe(401);
    expect(await me(server, sendAccess(other))).toBe(200);
  });

  it("takes a cookie away that it refuses at a log-out, one at a time", async () => {
    const bad = { refresh: "__Host-refresh=stale", access: "__Host-access=forged" };
    const logout = async (...cookies: string[]) => {
      const answer = await post(server, "/logout", ["Cookie", cookies.join("; ")]);
      return [answer.status, ownCookies(answer)];
    };
    expect(await logout(bad.refresh, bad.access)).toEqual([401, [GONE.refresh]]);
    expect(await logout(bad.access)).toEqual([401, [GONE.access]]);
    expect(await logout("theme=dark")).toEqual([401, []]);
  });

  it("refuses pages of another site, sets no cookie for them and ends nothing", async () => {
    const login = await post(server, "/login", [], READER);
    const sent = [...sendBack(login), ...FAR];
    const answers = [
      await post(server, "/login", sent, READER),
      await post(server, "/session", sent, { id: "user-1", word: "sesame" }),
      await post(server, "/refresh", sent),
      await post(server, "/password", sent, { ...READER, newPassword: "a newer horse" }),
      await post(server, "/logout", sent),
      await post(server, "/me", sent),
    ];
    // Nest's controller has no route for proofs of the application's own.
    const statuses = answers.map(({ status }) => status).filter((status) => status !== 404);
    expect(statuses).toEqual(Array(name in NEST_APPS ? 5 : 6).fill(403));
    expect(answers.flatMap(ownCookies)).toEqual([]);
    expect(await me(server, sendAccess(login))).toBe(200);
    expect((await post(server, "/refresh", sendBack(login))).status).toBe(200);
  });

  it("has the access token's cookie end with the browser where the session's does", async () => {
    if (name in NEST_APPS) return; // Its logins are told nothing of sessions.
    const login = await post(server, "/login", [], { ...READER, forget: true });
    expect(ownCookies(login)).toHaveLength(2);
    for (const text of ownCookies(login)) expect(text).not.toContain("Max-Age");
  });

  it("gives a changed password both cookies, and ends what there was", async () => {
    const own = serve(houseWith([cookie]));
    const login = await post(own, "/login", [], READER);
    const changed = await post(own, "/password", [], { ...READER, newPassword: "a newer horse" });
    expect(ownCookies(changed)).toEqual([expect.stringMatching(REFRESH), expect.stringMatching(ACCESS)]);
    expect(await me(own, sendAccess(changed))).toBe(200);
    expect(await me(own, sendAccess(login))).toBe(401);
  });
});

describe.each(partOf(ADAPTERS, 1, 2))("%s, where cookies are not all", (_name, app) => {
  const { serve, post, me } = openHouses(app);

  it.each<readonly [string, Credential]>([
    ["of another issuer", bearer(profileOf(undefined, { issuer: "https://sso.example/" }))],
    [
      "that is none",
      { name: "api-key", place: "x-api-key", scheme: null, read: () => null, verify: () => null } as never,
    ],
  ])(
    "gives the token in the body where the only credential is one %s: it is for another service",
    async (_what, it) => {
      const answer = await post(serve(houseWith([it])), "/login", [], READER);
      expect(json(answer)).toMatchObject({ access_token: expect.stringMatching(/^ey/), token_type: "Bearer" });
      expect(ownCookies(answer)).toEqual([expect.stringMatching(REFRESH)]);
    },
  );

  it("answers with the access token in the body too where a header is taken", async () => {
    const server = serve(houseWith([bearer(token), cookie]));
    const login = await post(server, "/login", [], READER);
    expect(ownCookies(login)).toHaveLength(2);
    expect(json(login)).toEqual({ access_token: tokenIn(login), token_type: "Bearer", expires_in: 900 });
    const header = ["Authorization", `Bearer ${tokenIn(login)}`];
    expect(await me(server, sendAccess(login))).toBe(200);
    expect(await me(server, [...header, ...sendAccess(login)])).toBe(200);
    const next = await post(server, "/refresh", sendBack(login));
    expect(json(next)).toMatchObject({ access_token: tokenIn(next) });
    expect(await me(server, [...header, ...sendAccess(next)])).toBe(400);
    expect((await post(server, "/logout", [...header])).status).toBe(204);
    for (const dead of [login, next]) expect(await me(server, sendAccess(dead))).toBe(401);
  });

  it("keeps the refresh token in the body where it has no cookie", async () => {
    const server = serve(houseWith([cookie], {}));
    const login = await post(server, "/login", [], READER);
    expect(ownCookies(login)).toEqual([expect.stringMatching(ACCESS)]);
    expect(json(login)).toEqual({ expires_in: 900, refresh_token: expect.stringMatching(/^[\w-]{43}$/) });
    const { refresh_token } = json(login);
    expect((await post(server, "/refresh", FAR, { refresh_token })).status).toBe(403);
    const next = await post(server, "/refresh", [], { refresh_token });
    expect(ownCookies(next)).toEqual([expect.stringMatching(ACCESS)]);
    const out = await post(server, "/logout", sendAccess(next));
    expect([out.status, ownCookies(out)]).toEqual([204, [GONE.access]]);
    expect((await post(server, "/refresh", [], { refresh_token: json(next).refresh_token as string })).status).toBe(
      401,
    );
  });
});
