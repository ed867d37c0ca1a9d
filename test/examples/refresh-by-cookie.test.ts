import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bearer, type Example, post, READER, startExample, type Tokens } from "../support/example.ts";

describe("examples/refresh-by-cookie", () => {
  let example: Example;
  let cookie: string;
  let tokens: Tokens;
  const send = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(example.origin + path, { method: "POST", headers });

  beforeAll(async () => {
    example = await startExample("refresh-by-cookie");
  });
  afterAll(() => example?.stop());

  it("serves a page that runs no script but its own", async () => {
    const page = await fetch(example.origin);
    expect(page.headers.get("content-security-policy")).toBe("default-src 'self'");
    const files = [...(await page.text()).matchAll(/(?:src|href)="(.+?)"/g)].map(([, file]) => file);
    expect(files).toEqual(["style.css", "page.js"]);
    for (const file of [...files, "session.js"]) expect((await fetch(`${example.origin}/${file}`)).status).toBe(200);
  });

  it("hands the refresh token over in a cookie, and nowhere else", async () => {
    const login = await post(`${example.origin}/login`, READER);
    const [set = ""] = login.headers.getSetCookie();
    expect(set).toMatch(/^__Host-refresh=\S+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    cookie = set.split(";")[0] ?? "";
    tokens = (await login.json()) as Tokens;
    expect(tokens.refresh_token).toBeUndefined();
    const me = await fetch(`${example.origin}/me`, { headers: bearer(tokens) });
    expect(await me.json()).toMatchObject({ userId: "user-1" });
  });

  it("refuses the cookie where another origin's page sends it", async () => {
    expect((await send("/refresh", { Cookie: cookie, Origin: "https://elsewhere.example" })).status).toBe(403);
  });

  it("refreshes by the cookie alone, and gives the next one", async () => {
    expect((await send("/refresh", {})).status).toBe(401);
    const refreshed = await send("/refresh", { Cookie: cookie, Origin: example.origin });
    expect(refreshed.status).toBe(200);
    const next = refreshed.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect(next).toMatch(/^__Host-refresh=/);
    expect(next).not.toBe(cookie);
    cookie = next;
    tokens = (await refreshed.json()) as Tokens;
    expect((await fetch(`${example.origin}/me`, { headers: bearer(tokens) })).status).toBe(200);
  });

  it("logs out by the cookie alone, and takes it away", async () => {
    const left = await send("/logout", { Cookie: cookie });
    expect(left.status).toBe(204);
    expect(left.headers.getSetCookie()[0]).toMatch(/^__Host-refresh=; Max-Age=0;/);
    expect((await send("/refresh", { Cookie: cookie })).status).toBe(401);
    expect((await fetch(`${example.origin}/me`, { headers: bearer(tokens) })).status).toBe(401);
  });
});
