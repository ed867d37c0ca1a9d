import { describe, expect, it } from "vitest";
import { handleLogout, handleRefresh } from "../../src/adapters/flow.ts";
import type { RevokingAuthenticator } from "../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { codeOf, houseOf, passwords, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const requestOf = (headers: Readonly<Record<string, string>>, body: unknown = undefined) => ({
  header: (name: string) => headers[name],
  authRequest: () => headers.authorization,
  ip: () => undefined,
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
    expect(await codeOf(handleLogout(auth)(sent))).toBe("unavailable");
  });
});

it("a mistake of the developer's is no refusal of the client", async () => {
  const { auth } = houseOf();
  const logout = () => Promise.reject(new TypeError("logout takes an identity"));
  const authorization = `Bearer ${(await auth.login(READER)).accessToken}`;
  const sent = requestOf({ authorization }, { refresh_token: "x" });
  await expect(handleLogout({ ...auth, logout })(sent)).rejects.toThrow(/takes an identity/);
});
