import type { Server } from "node:http";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { describe, expect, it } from "vitest";
import { computeDigest } from "../../../src/core/digest.ts";
import type { Changes } from "../../support/flow.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { NOW, profileOf } from "../../support/tokens.ts";
import { ADAPTERS, json, openClient, TAKEN_AWAY } from "../client.ts";

describe.each(partOf(ADAPTERS, 0, 2))("%s, by the options of sessions", (_name, app) => {
  const { serve, post } = openClient(app);
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
      const server = serve(throttled());
      const { device_token } = json(await post(server, "/login", READER));
      await lockOut(server);
      expect((await post(server, "/login", { ...READER, device_token })).status).toBe(200);
      expect((await post(server, "/login", { ...READER, device_token: [device_token] })).status).toBe(429);
    });

    it("hands it over as a cookie beside the refresh token's, which logging out leaves", async () => {
      const server = serve(throttled({ refresh: { cookie: {} } }));
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
    const server = serve(houseOf({ refresh: { cookie } }));
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
    const server = serve(houseOf({ refresh: { cookie } }));
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
    const server = serve(houseOf({ more: { throttle: { account, address } } }));
    const codes = [];
    for (let at = 0; at < 3; at += 1) {
      codes.push((await post(server, "/login", { login: `nobody-${at}`, password: "x", ip: `192.0.2.${at}` })).status);
    }
    expect(codes).toEqual([401, 401, 429]);
    expect(new Set(keys).size).toBe(4); // a login and a pseudo account of each
    expect((await address.get(computeDigest("127.0.0.1")))?.consumedPoints).toBe(3);
  });
});
