import type { Server } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { APPS } from "../apps.ts";
import { ADAPTERS, json, openClient } from "../client.ts";

describe.each(partOf(ADAPTERS, 0, 2))("%s, with the refresh token in the body", (name, app) => {
  const { serve, post, me } = openClient(app);
  let server: Server;
  let house: ReturnType<typeof houseOf>;
  beforeAll(() => {
    house = houseOf();
    server = serve(house);
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

describe.each(partOf(Object.entries(APPS), 1, 2))(
  "%s, what a login says of its session, and another proof",
  (_name, app) => {
    const { serve, post, me } = openClient(app);
    const changes = { refresh: { cookie: {} } };
    const PROOF = { id: "user-1", word: "sesame" };
    const USER_AGENT = ["User-Agent", "a browser"];

    it("is remembered, and a session that is not persistent has a cookie without Max-Age, at each refresh too", async () => {
      const house = houseOf(changes);
      const { auth } = house;
      const server = serve(house);
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
      const house = houseOf(changes);
      const { auth } = house;
      const server = serve(house);
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
      const server = serve(houseOf());
      const refresh = await post(server, "/session", PROOF);
      expect(json(refresh).refresh_token).toMatch(/^[\w-]{43}$/);
      expect((await post(server, "/session", { ...PROOF, word: "x" })).status).toBe(401);
      expect((await post(server, "/session", { ...PROOF, word: "throw" })).status).toBe(429);
      expect((await post(server, "/session", { ...PROOF, id: "user-2" })).status).toBe(401);
    });
  },
);
