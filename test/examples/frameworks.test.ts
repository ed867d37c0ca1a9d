import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bearer, type Example, logIn, post, READER, startExample, type Tokens } from "../support/example.ts";

const NAMES = ["express", "koa", "fastify", "fetch", "hono", "nest"];
const examples = new Map<string, Example>();

// Started at the same time, since most of what they take is time to load.
beforeAll(async () => {
  const starts = NAMES.map(async (name) => examples.set(name, await startExample(name)));
  for (const start of await Promise.allSettled(starts)) if (start.status === "rejected") throw start.reason;
});
afterAll(() => Promise.all([...examples.values()].map((example) => example.stop())));

describe.each(NAMES)("examples/%s", (name) => {
  let example: Example;
  let tokens: Tokens;
  const get = (path: string, headers: Record<string, string> = bearer(tokens)): Promise<Response> =>
    fetch(example.origin + path, { headers });

  beforeAll(() => {
    example = examples.get(name) as Example;
  });

  it("says that its secret is a random one", () => {
    expect(example.lines[0]).toMatch(/^TOKEN_SECRET is not set/);
  });

  it("refuses a wrong password, and logs in with the right one", async () => {
    expect((await post(`${example.origin}/login`, { ...READER, password: "guess" })).status).toBe(401);
    tokens = await logIn(example.origin);
  });

  it("lets the user in where the token allows it", async () => {
    expect(await (await get("/me")).json()).toMatchObject({ sub: "user-1", scope: "orders:read" });
    expect(await (await get("/feed")).json()).toEqual({ personal: true });
    expect(await (await get("/feed", {})).json()).toEqual({ personal: false });
    expect(await (await get("/orders")).json()).toEqual([]);
  });

  it("refuses everybody else, each in its way, as JSON", async () => {
    const anonymous = await get("/me", {});
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("www-authenticate")).toBe('Bearer realm="api"');
    expect(await anonymous.json()).toMatchObject({ error: "missing_token" });
    expect((await get("/me", { Authorization: "Bearer forged" })).status).toBe(401);
    const order = await post(`${example.origin}/orders`, {}, bearer(tokens));
    expect(order.status).toBe(403);
    expect(await order.json()).toMatchObject({ error: "insufficient_scope" });
    expect((await get("/nowhere")).status).toBe(404);
  });

  it("refreshes, and refuses the token of before", async () => {
    const { refresh_token } = tokens;
    const refreshed = await post(`${example.origin}/refresh`, { refresh_token });
    expect(refreshed.status).toBe(200);
    tokens = (await refreshed.json()) as Tokens;
    expect((await get("/me")).status).toBe(200);
    expect((await post(`${example.origin}/refresh`, { refresh_token })).status).toBe(401);
    expect((await get("/me")).status).toBe(401);
  });

  it("logs out, here and everywhere", async () => {
    const [phone, laptop] = [await logIn(example.origin), await logIn(example.origin)];
    expect((await post(`${example.origin}/logout`, {}, bearer(phone))).status).toBe(204);
    expect((await get("/me", bearer(phone))).status).toBe(401);
    expect((await get("/me", bearer(laptop))).status).toBe(200);
    const everywhere = await fetch(`${example.origin}/logout/everywhere`, { method: "POST", headers: bearer(laptop) });
    expect(everywhere.status).toBe(204);
    expect((await get("/me", bearer(laptop))).status).toBe(401);
  });

  it("changes the password", async () => {
    const newPassword = "another horse, battery and staple";
    tokens = (await (await post(`${example.origin}/password`, { ...READER, newPassword })).json()) as Tokens;
    expect((await get("/me")).status).toBe(200);
    expect((await post(`${example.origin}/login`, READER)).status).toBe(401);
    await logIn(example.origin, { ...READER, password: newPassword });
  });
});
