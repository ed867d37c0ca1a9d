import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bearer, type Example, logIn, startExample, until } from "../support/example.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";

// Where no Postgres starts, the run says so before its first test and at its end.
describe.skipIf(postgresUrl === null)("examples/replicated-blocklist", () => {
  let example: Example;

  beforeAll(async () => {
    example = await startExample("replicated-blocklist", 2);
  });
  afterAll(() => example?.stop());

  it("refuses in one process what was logged out in another", async () => {
    const [one = "", other = ""] = example.origins;
    const tokens = await logIn(one);
    const ask = (origin: string): Promise<Response> => fetch(`${origin}/me`, { headers: bearer(tokens) });
    const answers = (await Promise.all([one, other].map(async (origin) => (await ask(origin)).json()))) as {
      id: string;
      process: number;
    }[];
    expect(answers.map(({ id }) => id)).toEqual(["user-1", "user-1"]);
    expect(answers[0]?.process).not.toBe(answers[1]?.process);

    const left = await fetch(`${one}/logout`, { method: "POST", headers: bearer(tokens) });
    expect(left.status).toBe(204);
    expect((await ask(one)).status).toBe(401);
    await until(async () => (await ask(other)).status === 401);
    expect(await (await ask(other)).json()).toMatchObject({ error: "revoked" });
  });
});
