import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import type { Credential } from "../../../src/guard/credential.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { passwords } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { exchange } from "../exchange.ts";
import { TOKEN_APPS } from "../token-endpoints.ts";
import { APPS, basic, FORM, foreign, house, openEndpoints, stale, token } from "./house.ts";

describe.each(partOf(APPS, 1, 2))("%s, where tokens are revoked", (_name, app) => {
  const { auth, state, ask, revoke } = openEndpoints(app);

  it("revokes an access token alone, and its session goes on", async () => {
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    const other = await auth.startSession({ id: "user-1" });
    const answer = await revoke(accessToken);
    expect(answer).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(await ask(accessToken)).toEqual({ active: false });
    expect((await ask(other.accessToken)).active).toBe(true);
    expect((await revoke(accessToken)).status).toBe(200);
    expect((await ask((await auth.refresh(refreshToken)).accessToken)).active).toBe(true);
  });

  it("ends the session of a refresh token, its access tokens included", async () => {
    const { accessToken, refreshToken } = await auth.startSession({ id: "user-1" });
    expect((await revoke(refreshToken)).status).toBe(200);
    expect(await ask(accessToken)).toEqual({ active: false });
    await expect(auth.refresh(refreshToken)).rejects.toMatchObject({ code: "invalid_refresh_token" });
    expect((await revoke(refreshToken)).status).toBe(200);
  });

  it("says 200 of what is no good token", async () => {
    for (const text of [stale, foreign, "nonsense", "x".repeat(43), "é"]) expect((await revoke(text)).status).toBe(200);
  });

  it("revokes no token of another client", async () => {
    const { accessToken } = await auth.startSession({ id: "user-2" });
    const answer = await revoke(accessToken);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "invalid_grant" });
    expect(await ask(accessToken)).toMatchObject({ active: true, client_id: "mobile" });
    expect((await revoke(accessToken, "mobile")).status).toBe(200);
    expect(await ask(accessToken)).toEqual({ active: false });
  });

  it("says 200 of no revocation that was not stored, and completes it when it is sent again", async () => {
    const [one, other] = [await auth.startSession({ id: "user-1" }), await auth.startSession({ id: "user-1" })];
    state.isUnstorable = true;
    for (const text of [one.accessToken, other.refreshToken]) {
      expect(await revoke(text)).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    }
    state.isUnstorable = false;
    for (const { accessToken } of [one, other]) expect((await ask(accessToken)).active).toBe(true);
    for (const text of [one.accessToken, other.refreshToken]) expect((await revoke(text)).status).toBe(200);
    for (const { accessToken } of [one, other]) expect(await ask(accessToken)).toEqual({ active: false });
  });
});

it("a credential that has no id can't be revoked by itself, and the client is told so", async () => {
  const badge: Credential = {
    name: "badge",
    place: "authorization",
    read: (request) => (request.authorization()?.startsWith("Bearer badge") ? request.authorization() : null),
    verify: () => ({ userId: "user-1", claims: {} }),
  };
  const auth = createAuthenticator({
    token,
    users: memoryUsers(),
    passwords,
    blocklist: memoryBlocklist(),
    refresh: { store: memoryRefreshStore() },
    credentials: [bearer(token), badge] as never,
  });
  const { parts } = house();
  const server = await (TOKEN_APPS["Express 5"] as (typeof TOKEN_APPS)[string])({ ...parts, auth });
  const headers = [...basic("reports"), ...FORM];
  const answer = await exchange(server, { method: "POST", path: "/revoke", headers, body: "token=badge-7" });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ error: "unsupported_token_type" });
  server.close();
});
