import { describe, expect, it } from "vitest";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { scopes } from "../../../src/guard/rules.ts";
import { partOf } from "../../support/thorough.ts";
import { exchange } from "../exchange.ts";
import { TOKEN_APPS } from "../token-endpoints.ts";
import { APPS, basic, FORM, foreign, house, ISSUER, keys, lost, openEndpoints, SECRET, slow, stale } from "./house.ts";

describe.each(partOf(APPS, 0, 2))("%s, where tokens are asked about", (_name, app) => {
  const { auth, logged, send, ask, exchange } = openEndpoints(app);

  it("tells what a good token says", async () => {
    const { accessToken } = await auth.startSession({ id: "user-1" }, { methods: ["pwd", "otp"], acr: "gold" });
    const { claims } = await auth.authenticateToken(accessToken);
    expect(await ask(accessToken)).toEqual({ active: true, token_type: "Bearer", ...(claims as object) });
    expect(await ask(accessToken)).toMatchObject({
      sub: "user-1",
      iss: ISSUER,
      aud: ISSUER,
      scope: "read write",
      sid: expect.any(String),
      jti: expect.any(String),
      auth_time: expect.any(Number),
      amr: ["pwd", "otp"],
      acr: "gold",
    });
  });

  it("says no more than that a token is not active, whatever the reason", async () => {
    const session = await auth.startSession({ id: "user-1" });
    const ended = await auth.startSession({ id: "user-1" });
    await auth.logout(await auth.authenticateToken(ended.accessToken));
    const { accessToken } = session;
    const bad = [
      stale,
      foreign,
      ended.accessToken,
      session.refreshToken,
      "nonsense",
      "a.b.c",
      "é\u0000",
      " ",
      ` ${accessToken}`,
      `${accessToken} `,
      `${accessToken}x`,
      accessToken.slice(0, -1),
      "x".repeat(40_000),
      "a b",
      "%",
      "Bearer x",
    ];
    for (const text of bad) expect(await ask(text), text.slice(0, 80)).toEqual({ active: false });
    expect((await ask(accessToken)).active).toBe(true);
  });

  it("tells a client whose secret is wrong of its secret, and of no password", async () => {
    const answer = await send("/introspect", "token=x", [...basic("reports", `${SECRET}!`), ...FORM]);
    expect(JSON.parse(answer.body).message).toBe("The id or the secret of the client is wrong");
  });

  it("tells a client that is known of its form, and asks it for no credential", async () => {
    for (const path of ["/introspect", "/revoke"]) {
      const answer = await send(path, "token=x&token=y", [...basic("reports"), ...FORM]);
      expect(JSON.parse(answer.body).message).toBe("The form must have one token");
      expect(answer.headers).not.toHaveProperty("www-authenticate");
    }
  });

  it("takes no token from a URL, and no other method than POST", async () => {
    for (const path of ["/introspect", "/revoke"]) {
      const { status } = await send(`${path}?token=x`, "", [...basic("reports"), ...FORM]);
      expect([400, 404]).toContain(status);
      const answer = await exchange({ method: "GET", path, headers: basic("reports") });
      expect([404, 405]).toContain(answer.status);
      if (answer.status === 405) expect(answer.headers.allow).toBe("POST");
    }
  });

  it("refuses a body that is longer than it or the parser in front takes", async () => {
    const headers = [...basic("reports"), ...FORM];
    const body = `token=${"x".repeat(2_000_000)}`;
    const sent = { method: "POST", path: "/introspect", headers } as const;
    for (const path of ["/introspect", "/revoke"]) {
      expect(await exchange({ ...sent, path, body })).toMatchObject({ status: 413 });
      expect(await exchange({ ...sent, path, body: "token=x" }), "on the same connection").toMatchObject({
        status: 200,
      });
    }
  });

  it("is 503 in an outage, and never says that a token is not active", async () => {
    for (const text of [lost, slow]) {
      for (const path of ["/introspect", "/revoke"]) {
        const answer = await send(path, `token=${text}`);
        expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
        expect(JSON.parse(answer.body).error).toBe("unavailable");
        expect(answer.body + JSON.stringify(answer.headers)).not.toContain("secret-host");
      }
    }
    expect(logged).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
  });
});

it("scopes of a client's token let it ask, as any rule", async () => {
  const { auth } = house();
  const services = defineToken({ keys, issuer: ISSUER, audience: `${ISSUER}/introspect`, typ: "service+jwt" });
  const options = { clients: createGuard({ token: services }), rules: [scopes("introspect")] };
  const server = await (TOKEN_APPS["Express 5"] as (typeof TOKEN_APPS)[string])({
    auth,
    introspect: options,
    revoke: options,
  });
  const ask = async (scope: string) => {
    const bearer = await issueToken({ sub: "reports", scope }, services);
    return exchange(server, {
      method: "POST",
      path: "/introspect",
      headers: ["Authorization", `Bearer ${bearer}`, ...FORM],
      body: "token=x",
    });
  };
  expect((await ask("introspect")).status).toBe(200);
  const refused = await ask("read");
  expect(refused).toMatchObject({
    status: 403,
    headers: { "www-authenticate": expect.stringContaining('scope="introspect"') },
  });
  expect(JSON.parse(refused.body).error).toBe("insufficient_scope");
  server.close();
});
