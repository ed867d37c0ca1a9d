import type { Server } from "node:http";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import type { Changes } from "../support/flow.ts";
import { houseOf, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";
import { APPS } from "./apps.ts";
import { type Answer, exchange } from "./exchange.ts";
import { NEST_APPS } from "./nest-apps.ts";

const JSON_TYPE = ["Content-Type", "application/json"];
const json = ({ body }: Answer): Record<string, string> => JSON.parse(body) as Record<string, string>;
const TAKEN_AWAY = "__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict";
const changes: Changes = { refresh: { cookie: {} } };

describe.each(Object.entries({ ...APPS, ...NEST_APPS }))("%s", (name, app) => {
  const servers: Server[] = [];
  const serve = async (auth: SessionAuthenticator): Promise<Server> => {
    const server = await app(auth);
    servers.push(server);
    return server;
  };
  const post = (server: Server, path: string, body: object | null, headers: readonly string[] = []): Promise<Answer> =>
    exchange(server, {
      method: "POST",
      path,
      headers: [...(body === null ? [] : JSON_TYPE), ...headers],
      ...(body !== null && { body: JSON.stringify(body) }),
    });
  const me = async (server: Server, token: string | undefined): Promise<number> =>
    (await exchange(server, { path: "/me", headers: ["Authorization", `Bearer ${token}`] })).status;
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  describe("with the refresh token in the body", () => {
    let server: Server;
    let house: ReturnType<typeof houseOf>;
    beforeAll(async () => {
      house = houseOf();
      server = await serve(house.auth as never);
    });

    it("logs in, refreshes, and ends the session when a spent token comes again", async () => {
      const login = await post(server, "/login", READER);
      expect(login.headers["set-cookie"]).toBeUndefined();
      const { refresh_token } = json(login);
      const next = await post(server, "/refresh", { refresh_token });
      expect([next.status, next.headers["cache-control"]]).toEqual([200, "no-store"]);
      expect(json(next)).toEqual({
        access_token: expect.any(String),
        token_type: "Bearer",
        expires_in: 900,
        refresh_token: expect.any(String),
      });
      expect(await me(server, json(next).access_token)).toBe(200);
      const last = await post(server, "/refresh", { refresh_token: json(next).refresh_token });
      expect(last.status).toBe(200);
      house.clock.now += 60_000;
      expect((await post(server, "/refresh", { refresh_token })).status).toBe(401);
      expect((await post(server, "/refresh", { refresh_token: json(last).refresh_token })).status).toBe(401);
      expect(await me(server, json(last).access_token)).toBe(401);
    });

    it("logs out: the refresh token is dead", async () => {
      const { access_token, refresh_token } = json(await post(server, "/login", READER));
      const out = await post(server, "/logout", null, ["Authorization", `Bearer ${access_token}`]);
      expect([out.status, out.body, out.headers["set-cookie"]]).toEqual([204, "", undefined]);
      expect((await post(server, "/refresh", { refresh_token })).status).toBe(401);
    });

    it("logs out by the refresh token alone, when the access token has expired", async () => {
      const { access_token, refresh_token } = json(await post(server, "/login", READER));
      house.clock.now += 900_000;
      expect((await post(server, "/logout", null, ["Authorization", `Bearer ${access_token}`])).status).toBe(401);
      const shown = ["Authorization", `Bearer ${access_token}`];
      expect((await post(server, "/logout", { refresh_token }, shown)).status).toBe(204);
      expect((await post(server, "/refresh", { refresh_token })).status).toBe(401);
      expect((await post(server, "/logout", { refresh_token }, shown)).status).toBe(204); // both are over
      expect((await post(server, "/logout", { refresh_token })).status).toBe(204);
      expect((await post(server, "/logout", { refresh_token: 1 })).status).toBe(401);
      expect((await post(server, "/logout", null)).status).toBe(401);
    });

    it.skipIf(!/^(Express|Koa)/.test(name))("logs out without a parser, but for a token in the body", async () => {
      const { access_token, refresh_token } = json(await post(server, "/login", READER));
      expect((await post(server, "/unparsed/logout", { refresh_token })).status).toBe(500);
      expect(await me(server, access_token)).toBe(200);
      expect((await post(server, "/unparsed/logout", null, ["Authorization", `Bearer ${access_token}`])).status).toBe(
        204,
      );
      expect(await me(server, access_token)).toBe(401);
    });

    it("logs out of both sessions that a request shows", async () => {
      const [one, two] = [json(await post(server, "/login", READER)), json(await post(server, "/login", READER))];
      const shown = ["Authorization", `Bearer ${two.access_token}`];
      expect((await post(server, "/logout", { refresh_token: one.refresh_token }, shown)).status).toBe(204);
      for (const { access_token } of [one, two]) expect(await me(server, access_token)).toBe(401);
      const stale = { refresh_token: one.refresh_token };
      expect((await post(server, "/logout", stale, ["Authorization", "Bearer x.y.z"])).status).toBe(401);
    });

    it("changes the password", async () => {
      const before = json(await post(server, "/login", READER));
      house.clock.now += 1_000;
      const changed = await post(server, "/password", { ...READER, newPassword: "another" });
      expect(changed.status).toBe(200);
      expect(await me(server, before.access_token)).toBe(401);
      expect(await me(server, json(changed).access_token)).toBe(200);
      house.clock.now += 1_000;
      const back = { login: "reader", password: "another", newPassword: READER.password };
      expect((await post(server, "/password", back)).status).toBe(200);
    });
  });

  describe.skipIf(name in NEST_APPS)("what a login says of its session, and another proof", () => {
    const PROOF = { id: "user-1", word: "sesame" };
    const USER_AGENT = ["User-Agent", "a browser"];

    it("is remembered, and a session that is not persistent has a cookie without Max-Age, at each refresh too", async () => {
      const { auth } = houseOf(changes);
      const server = await serve(auth as never);
      const kept = await post(server, "/login", READER, USER_AGENT);
      expect(kept.headers["set-cookie"]?.[0]).toMatch(/; Max-Age=1209600; /);
      expect(await auth.sessions("user-1")).toMatchObject([
        { persistent: true, device: { userAgent: "a browser", address: expect.stringMatching(/127\.0\.0\.1/) } },
      ]);
      const forgotten = await post(server, "/login", { ...READER, forget: true });
      const cookie = /^__Host-refresh=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
      expect(forgotten.headers["set-cookie"]?.[0]).toMatch(cookie);
      const next = await post(server, "/refresh", null, [
        "Cookie",
        forgotten.headers["set-cookie"]?.[0]?.split(";")[0] ?? "",
      ]);
      expect(next.headers["set-cookie"]?.[0]).toMatch(cookie);
    });

    it("begins a session as a login does: JSON, cookie, origin, and the end of the one before", async () => {
      const { auth } = houseOf(changes);
      const server = await serve(auth as never);
      const first = await post(server, "/session", PROOF);
      expect([first.status, first.headers["cache-control"]]).toEqual([200, "no-store"]);
      expect(json(first)).toEqual({ access_token: expect.any(String), token_type: "Bearer", expires_in: 900 });
      const [cookie = ""] = first.headers["set-cookie"]?.[0]?.split(";") ?? [];
      expect(cookie).toMatch(/^__Host-refresh=/);
      expect(await me(server, json(first).access_token)).toBe(200);
      const second = await post(server, "/session", { ...PROOF, persistent: false }, ["Cookie", cookie]);
      expect(second.headers["set-cookie"]?.[0]).not.toContain("Max-Age");
      expect(await me(server, json(first).access_token)).toBe(401);
      expect(await auth.sessions("user-1")).toMatchObject([{ methods: ["hwk"], persistent: false }]);
      const foreign = await post(server, "/session", PROOF, [
        "Origin",
        "https://evil.example",
        "Sec-Fetch-Site",
        "cross-site",
      ]);
      expect([foreign.status, foreign.headers["set-cookie"]]).toEqual([403, undefined]);
    });

    it("is refused where it is not good", async () => {
      const server = await serve(houseOf().auth as never);
      const refresh = await post(server, "/session", PROOF);
      expect(json(refresh).refresh_token).toMatch(/^[\w-]{43}$/);
      expect((await post(server, "/session", { ...PROOF, word: "x" })).status).toBe(401);
      expect((await post(server, "/session", { ...PROOF, word: "throw" })).status).toBe(429);
      expect((await post(server, "/session", { ...PROOF, id: "user-2" })).status).toBe(401);
    });
  });

  describe("with the refresh token in a cookie", () => {
    let server: Server;
    beforeAll(async () => {
      server = await serve(houseOf(changes).auth as never);
    });
    const cookieOf = (answer: Answer): string => {
      expect(answer.headers["set-cookie"]?.length).toBe(1);
      return answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    };

    it("logs in, refreshes and logs out without a script ever seeing it", async () => {
      const login = await post(server, "/login", READER);
      expect(login.headers["set-cookie"]?.[0]).toMatch(
        /^__Host-refresh=[\w-]{43}; Max-Age=1209600; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
      expect(json(login)).toEqual({ access_token: expect.any(String), token_type: "Bearer", expires_in: 900 });
      const next = await post(server, "/refresh", null, ["Cookie", `theme=dark; ${cookieOf(login)}`]);
      expect(next.status).toBe(200);
      expect(cookieOf(next)).not.toBe(cookieOf(login));
      expect(Object.keys(json(next))).not.toContain("refresh_token");
      const out = await post(server, "/logout", null, ["Cookie", cookieOf(next)]);
      expect([out.status, out.headers["set-cookie"]?.[0]]).toEqual([
        204,
        "__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict",
      ]);
      expect(await me(server, json(next).access_token)).toBe(401);
      expect((await post(server, "/refresh", null, ["Cookie", cookieOf(next)])).status).toBe(401);
      expect((await post(server, "/logout", null, ["Cookie", cookieOf(next)])).status).toBe(204);
    });

    it("logs out by the access token where there is no cookie", async () => {
      const { access_token } = json(await post(server, "/login", READER));
      expect((await post(server, "/logout", null, ["Authorization", `Bearer ${access_token}`])).status).toBe(204);
      expect(await me(server, access_token)).toBe(401);
      expect((await post(server, "/logout", null)).status).toBe(401);
    });

    it("takes no refresh token from the body, and of two cookies that of a living session", async () => {
      const cookie = cookieOf(await post(server, "/login", READER));
      expect((await post(server, "/refresh", { refresh_token: cookie.split("=")[1] })).status).toBe(401);
      const next = await post(server, "/refresh", null, ["Cookie", `__Host-refresh=x; ${cookie}`]);
      expect(next.status).toBe(200);
      const other = cookieOf(await post(server, "/login", READER));
      const both = await post(server, "/refresh", null, ["Cookie", `${cookieOf(next)}; ${other}`]);
      expect([both.status, both.headers["set-cookie"]]).toEqual([400, [TAKEN_AWAY]]);
      expect((await post(server, "/logout", null, ["Cookie", `${cookieOf(next)}; ${other}`])).status).toBe(204);
      for (const dead of [cookieOf(next), other]) {
        expect((await post(server, "/refresh", null, ["Cookie", dead])).status).toBe(401);
      }
    });

    it("takes a dead cookie away with the answer that refuses it", async () => {
      for (const dead of ["x", "A".repeat(43)]) {
        const refused = await post(server, "/refresh", null, ["Cookie", `__Host-refresh=${dead}`]);
        expect([refused.status, refused.headers["set-cookie"]]).toEqual([401, [TAKEN_AWAY]]);
        expect(refused.headers["www-authenticate"]).toBe('Bearer realm="api"');
      }
      expect((await post(server, "/refresh", null)).headers["set-cookie"]).toBeUndefined();
    });

    it("logs out by a good access token beside a stale cookie", async () => {
      const { access_token } = json(await post(server, "/login", READER));
      const shown = ["Authorization", `Bearer ${access_token}`, "Cookie", "__Host-refresh=stale"];
      expect((await post(server, "/logout", null, shown)).status).toBe(204);
      expect(await me(server, access_token)).toBe(401);
      const forged = ["Authorization", "Bearer x.y.z", "Cookie", "__Host-refresh=stale"];
      const refused = await post(server, "/logout", null, forged);
      expect([refused.status, refused.headers["set-cookie"]]).toEqual([401, [TAKEN_AWAY]]);
    });

    it("ends the session of the cookie that a login carries, and only a good one does", async () => {
      const before = await post(server, "/login", READER);
      const wrong = { ...READER, password: "wrong" };
      expect((await post(server, "/login", wrong, ["Cookie", cookieOf(before)])).status).toBe(401);
      expect(await me(server, json(before).access_token)).toBe(200);
      const after = await post(server, "/login", READER, ["Cookie", cookieOf(before)]);
      expect(after.status).toBe(200);
      expect(await me(server, json(before).access_token)).toBe(401);
      expect((await post(server, "/refresh", null, ["Cookie", cookieOf(before)])).status).toBe(401);
      expect((await post(server, "/refresh", null, ["Cookie", cookieOf(after)])).status).toBe(200);
      expect((await post(server, "/login", READER, ["Cookie", "__Host-refresh=stale"])).status).toBe(200);
    });

    it.each(["/login", "/refresh", "/logout", "/password"])("refuses a page of another site at %s", async (path) => {
      const body = path === "/login" || path === "/password" ? { ...READER, newPassword: "x" } : null;
      const cookie = cookieOf(await post(server, "/login", READER));
      for (const [site, origin] of [
        ["cross-site", "https://evil.example"],
        ["same-site", "https://other.example.com"],
      ] as const) {
        const headers = ["Cookie", cookie, "Sec-Fetch-Site", site, "Origin", origin];
        const answer = await post(server, path, body, headers);
        expect([answer.status, answer.headers["set-cookie"]]).toEqual([403, undefined]);
      }
      const own = ["Cookie", cookie, "Sec-Fetch-Site", "same-origin"];
      expect((await post(server, "/refresh", null, own)).status).toBe(200);
    });

    it("takes a request of its own origin from an older browser", async () => {
      const cookie = cookieOf(await post(server, "/login", READER));
      const { port } = server.address() as { port: number };
      const own = ["Cookie", cookie, "Origin", `http://127.0.0.1:${port}`];
      expect((await post(server, "/refresh", null, own)).status).toBe(200);
    });
  });

  describe("with a throttle that knows devices", () => {
    const device = profileOf(undefined, { typ: "device+jwt", expiresIn: "180d", now: () => NOW });
    const limiter = () => new RateLimiterMemory({ points: 3, duration: 900 });
    const throttled = (more: Changes = {}) =>
      houseOf({
        ...more,
        more: {
          throttle: { account: limiter(), address: new RateLimiterMemory({ points: 100, duration: 900 }), device },
        },
      });
    const lockOut = async (server: Server): Promise<void> => {
      for (let at = 0; at < 4; at += 1) await post(server, "/login", { ...READER, password: "x" });
      expect((await post(server, "/login", READER)).status).toBe(429);
    };

    it("hands the device token over in the body, and takes it from there", async () => {
      const server = await serve(throttled().auth as never);
      const { device_token } = json(await post(server, "/login", READER));
      await lockOut(server);
      expect((await post(server, "/login", { ...READER, device_token })).status).toBe(200);
      expect((await post(server, "/login", { ...READER, device_token: [device_token] })).status).toBe(429);
    });

    it("hands it over as a cookie beside the refresh token's, which logging out leaves", async () => {
      const server = await serve(throttled({ refresh: { cookie: {} } }).auth as never);
      const answer = await post(server, "/login", READER);
      const [given, refresh, ...others] = [...(answer.headers["set-cookie"] ?? [])].sort();
      expect(others).toEqual([]);
      expect(refresh).toMatch(/^__Host-refresh=/);
      expect(given).toMatch(
        /^__Host-refresh-device=[^;]+; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
      expect(json(answer).device_token).toBeUndefined();
      const cookies = [refresh, given].map((it) => it?.split(";")[0]).join("; ");
      const logout = await post(server, "/logout", null, ["Cookie", cookies]);
      expect(logout.headers["set-cookie"]).toEqual([TAKEN_AWAY]);
      await lockOut(server);
      expect((await post(server, "/login", READER, ["Cookie", cookies])).status).toBe(200);
    });
  });

  it.each([
    [{ secure: false, sameSite: "lax" }, "refresh", "Path=/; HttpOnly; SameSite=Lax"],
    [{ sameSite: "none" }, "__Host-refresh", "Path=/; HttpOnly; Secure; SameSite=None"],
    [{ domain: "example.com" }, "__Secure-refresh", "Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Strict"],
  ] as const)("hands over and takes away a cookie as %j says", async (cookie, cookieName, attributes) => {
    const server = await serve(houseOf({ refresh: { cookie } }).auth as never);
    const [given] = (await post(server, "/login", READER)).headers["set-cookie"] ?? [];
    const pair = given?.split(";")[0] ?? "";
    expect(given).toBe(`${pair}; Max-Age=1209600; ${attributes}`);
    const [next] = (await post(server, "/refresh", null, ["Cookie", pair])).headers["set-cookie"] ?? [];
    expect(next).toMatch(new RegExp(`^${cookieName}=[\\w-]{43}; Max-Age=1209600; ${attributes}$`));
    const out = await post(server, "/logout", null, ["Cookie", next?.split(";")[0] ?? ""]);
    expect([out.status, out.headers["set-cookie"]]).toEqual([204, [`${cookieName}=; Max-Age=0; ${attributes}`]]);
  });

  it("takes a request of an app in a web view, if its origin is listed", async () => {
    const cookie = { sameSite: "none", origins: ["capacitor://localhost"] } as const;
    const server = await serve(houseOf({ refresh: { cookie } }).auth as never);
    const from = async (origin: string) =>
      (await post(server, "/login", READER, ["Origin", origin, "Sec-Fetch-Site", "cross-site"])).status;
    expect([await from("capacitor://localhost"), await from("ionic://localhost")]).toEqual([200, 403]);
  });

  it("counts attempts by the address that the framework tells", async () => {
    const keys: string[] = [];
    const address = new RateLimiterMemory({ points: 2, duration: 60 });
    const account = {
      consume: async (key: string) => keys.push(key),
      reward: async () => null,
    };
    const server = await serve(houseOf({ more: { throttle: { account, address } } }).auth as never);
    const codes = [];
    for (let at = 0; at < 3; at += 1) {
      codes.push((await post(server, "/login", { login: `nobody-${at}`, password: "x", ip: `192.0.2.${at}` })).status);
    }
    const { computeDigest } = await import("../../src/core/digest.ts");
    expect(codes).toEqual([401, 401, 429]);
    expect(new Set(keys).size).toBe(4); // a login and a pseudo account of each
    expect((await address.get(computeDigest("127.0.0.1")))?.consumedPoints).toBe(3);
  });
});
