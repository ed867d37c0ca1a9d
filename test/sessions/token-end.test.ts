import { describe, expect, it } from "vitest";
import { login } from "../../src/adapters/fetch.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import type { SessionOptions } from "../../src/sessions/session-options.ts";
import { codeOf, type House, houseOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf, SECOND } from "../support/tokens.ts";

const expOf = ({ accessToken }: { accessToken: string }): number =>
  (decodeToken(accessToken).claims as { exp: number }).exp;

/** What a reader without our stores sees: when each access token ends, and what the client is told. */
const endOf = (result: { accessToken: string; expiresIn: number }) => [expOf(result) - SECOND, result.expiresIn];

async function begun(wishes: SessionOptions, house: House = houseOf()) {
  const session = await house.auth.login(READER, {}, wishes);
  const identity = await house.auth.authenticate(`Bearer ${session.accessToken}`);
  return { house, session, identity };
}

describe("an access token ends with its session, for whoever knows nothing but its exp", () => {
  it.each<readonly [string, SessionOptions, number]>([
    ["an absolute end", { absoluteLifetime: "5m" }, 300],
    ["an idle end", { idleLifetime: "4m" }, 240],
    ["the earlier of both", { idleLifetime: "2m", absoluteLifetime: "3m" }, 120],
    ["a session of one second", { absoluteLifetime: 1 }, 1],
    ["a longer session", { absoluteLifetime: "1h" }, 900],
  ])("at login, with %s", async (_what, wishes, seconds) => {
    expect(endOf((await begun(wishes)).session)).toEqual([seconds, seconds]);
  });

  it("at startSession", async () => {
    const { auth } = houseOf();
    expect(endOf(await auth.startSession({ id: "user-1" }, { absoluteLifetime: "5m" }))).toEqual([300, 300]);
  });

  it("at a refresh, up to the last second", async () => {
    const { house, session } = await begun({ absoluteLifetime: "20m" });
    house.clock.now += 600_000;
    const next = await house.auth.refresh(session.refreshToken);
    expect(endOf(next)).toEqual([1_200, 600]);
    expect(next.refreshExpiresIn).toBe(600);
    house.clock.now += 599_000;
    const last = await house.auth.refresh(next.refreshToken);
    expect(endOf(last)).toEqual([1_200, 1]);
    house.clock.now += 1;
    expect(await codeOf(house.auth.refresh(last.refreshToken))).toBe("invalid_refresh_token");
  });

  it("at a refresh that puts the idle end off", async () => {
    const { house, session } = await begun({ idleLifetime: "4m" });
    house.clock.now += 60_000;
    expect(endOf(await house.auth.refresh(session.refreshToken))).toEqual([300, 240]);
  });

  it("at reauthenticate, as at the change of a password that keeps the session", async () => {
    const { house, identity } = await begun({ absoluteLifetime: "20m" });
    house.clock.now += 600_000;
    expect(endOf(await house.auth.reauthenticate(identity, { password: PASSWORD }))).toEqual([1_200, 600]);
    const input = { password: PASSWORD, newPassword: "another horse" };
    const changed = await house.auth.changePassword(identity, input, {}, { keepSession: true });
    expect(endOf(changed)).toEqual([1_200, 600]);
  });

  it("at the change of a password that begins another session", async () => {
    const { house, identity } = await begun({});
    const input = { password: PASSWORD, newPassword: "another horse" };
    const changed = await house.auth.changePassword(identity, input, {}, { absoluteLifetime: "5m" });
    expect(endOf(changed)).toEqual([300, 300]);
  });

  it("gives none that would live less than a second", async () => {
    const { house, identity } = await begun({ absoluteLifetime: "20m" }, houseOf({ clock: { now: NOW + 500 } }));
    house.clock.now += 1_199_499; // It ends half a second after its tokens do.
    expect(endOf(await house.auth.reauthenticate(identity, { password: PASSWORD }))).toEqual([1_200, 1]);
    house.clock.now += 1;
    expect(await codeOf(house.auth.reauthenticate(identity, { password: PASSWORD }))).toBe("revoked");
  });

  it("counts from the date of a token that a log-out everywhere has put off", async () => {
    const token = profileOf(undefined, { now: () => house.clock.now, clockTolerance: 30 });
    const house: House = houseOf({ more: { token } });
    const { session, identity } = await begun({ absoluteLifetime: "5m" }, house);
    const input = { password: PASSWORD, newPassword: "another horse" };
    const changed = await house.auth.changePassword(identity, input, {}, { keepSession: true });
    expect(decodeToken(changed.accessToken).claims).toMatchObject({ iat: SECOND + 30, exp: SECOND + 300 });
    expect(changed.expiresIn).toBe(270);
    house.clock.now += 299_000 - 1_000; // The clock is one second before the end, and the date must be behind the cut.
    await house.blocklist.revokeUser("user-1", new Date(house.clock.now + 2_000), new Date(NOW + 9e6), []);
    expect(await codeOf(house.auth.refresh(session.refreshToken))).toBe("invalid_refresh_token");
  });

  it.each([0, 30])(
    "changes no password in a session that ends too soon, with a clockTolerance of %i s",
    async (tolerance) => {
      const token = profileOf(undefined, { now: () => house.clock.now, clockTolerance: tolerance });
      const house: House = houseOf({ more: { token } });
      const { identity } = await begun({ absoluteLifetime: "5m" }, house);
      const change = (): Promise<{ accessToken: string; expiresIn: number }> =>
        house.auth.changePassword(
          identity,
          { password: PASSWORD, newPassword: "another horse" },
          {},
          { keepSession: true },
        );
      house.clock.now = NOW + (300 - tolerance) * 1_000 - 1;
      expect(await codeOf(change())).toBe("revoked");
      expect(await codeOf(house.auth.login(READER))).toBe("ok");
      expect(await house.auth.sessions("user-1")).toHaveLength(2);
      house.clock.now -= 1;
      expect(endOf(await change())).toEqual([300, 1]);
    },
  );

  it("and so does the cookie that carries it", async () => {
    const token = profileOf();
    const { auth } = houseOf({ more: { token, credentials: [cookieToken(token)] } });
    const handle = login(auth, { session: () => ({ absoluteLifetime: "5m" }) });
    const headers = { "content-type": "application/json" };
    const request = new Request("https://api.example.com/", { method: "POST", headers, body: JSON.stringify(READER) });
    const response = await handle(request);
    expect(await response.json()).toMatchObject({ expires_in: 300 });
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-access=.*; Max-Age=300\b/);
  });

  it("where there are no sessions, or it is kept elsewhere, as the profile says", async () => {
    const { house, identity } = await begun({ absoluteLifetime: "5m" });
    const { users, blocklist } = house;
    const auth = createAuthenticator({ token: profileOf(), users, passwords, blocklist });
    expect(endOf(await auth.login(READER))).toEqual([900, 900]);
    expect(endOf(await auth.reauthenticate(identity, { password: PASSWORD }))).toEqual([900, 900]);
  });
});
