import type { Server } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { ADAPTERS, json, openClient, TAKEN_AWAY } from "../client.ts";
import type { Answer } from "../exchange.ts";

const changes = { refresh: { cookie: {} } };

describe.each(partOf(ADAPTERS, 1, 2))("%s, with the refresh token in a cookie", (_name, app) => {
  const { serve, post, me } = openClient(app);
  let server: Server;
  beforeAll(() => {
    server = serve(houseOf(changes));
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
