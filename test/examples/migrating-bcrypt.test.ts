import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bearer, type Example, logIn, post, READER, startExample, until } from "../support/example.ts";

describe("examples/migrating-bcrypt", () => {
  let example: Example;
  const WRITER = { ...READER, login: "writer@example.com" };

  beforeAll(async () => {
    example = await startExample("migrating-bcrypt");
  });
  afterAll(() => example?.stop());

  it("refuses a wrong password, and leaves the hash", async () => {
    expect((await post(`${example.origin}/login`, { ...READER, password: "guess" })).status).toBe(401);
    expect(example.lines.filter((line) => line.startsWith("user-"))).toEqual([]);
  });

  it.each([
    { credentials: READER, id: "user-1", left: 1 },
    { credentials: WRITER, id: "user-2", left: 0 },
  ])("logs $id in by bcrypt, and puts a hash of Argon2id in its place", async ({ credentials, id, left }) => {
    const tokens = await logIn(example.origin, credentials);
    const me = await fetch(`${example.origin}/me`, { headers: bearer(tokens) });
    expect(await me.json()).toEqual({ id });
    await until(() => example.lines.includes(`${id} has a hash of argon2id. Hashes of bcrypt left: ${left}.`));
  });

  it("logs in by the new hash from then on, and renews it no more", async () => {
    const before = example.lines.length;
    const tokens = await logIn(example.origin);
    expect((await post(`${example.origin}/login`, { ...READER, password: "guess" })).status).toBe(401);
    expect((await post(`${example.origin}/logout`, {}, bearer(tokens))).status).toBe(204);
    expect((await fetch(`${example.origin}/me`, { headers: bearer(tokens) })).status).toBe(401);
    expect(example.lines.length).toBe(before);
  });
});
