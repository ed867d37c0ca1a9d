import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken } from "../../../src/core/token/profile.ts";
import { rotatingKeys } from "../../../src/remote/rotating-keys.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { type FrozenClock, frozenClock } from "../../../src/testing/clock.ts";
import { APPS } from "../apps.ts";
import { type Answer, exchange } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";

const ISSUER = "https://api.example.com";
const [current, next] = ["a", "b"].map((kid) => secretKey(kid.repeat(32), { kid })) as [
  ReturnType<typeof secretKey>,
  ReturnType<typeof secretKey>,
];

describe.each(Object.entries({ ...APPS, ...NEST_APPS }))("keys that are kept elsewhere, on %s", (_name, listen) => {
  let server: Server;
  let clock: FrozenClock;
  let load: () => Promise<ReturnType<typeof secretKey>>;
  let reload: () => Promise<void>;
  let token: string;
  let other: string;

  beforeAll(async () => {
    clock = frozenClock();
    const keys = rotatingKeys({ load: async () => load(), timeoutMs: 20, now: clock.now });
    reload = () => keys.reload();
    const profile = { issuer: ISSUER, audience: ISSUER, expiresIn: "7d", now: clock.now } as const;
    token = await issueToken({ sub: "user-1" }, defineToken({ ...profile, keys: current }));
    other = await issueToken({ sub: "user-2" }, defineToken({ ...profile, keys: next }));
    server = await listen(
      createAuthenticator({
        token: defineToken({ ...profile, keys }),
        users: memoryUsers(),
        refresh: { store: memoryRefreshStore() },
        onOutage: () => {},
      }),
    );
  });
  afterAll(() => new Promise((resolve) => void server.close(resolve)));

  const ask = (path: string, shown?: string): Promise<Answer> =>
    exchange(server, { path, headers: shown === undefined ? [] : ["Authorization", `Bearer ${shown}`] });
  const statusesOf = async (...asked: [string, string?][]): Promise<number[]> =>
    (await Promise.all(asked.map((it) => ask(...it)))).map(({ status }) => status);

  it("are an outage, never a refusal and nobody unknown, until they are there", async () => {
    load = () => new Promise(() => {});
    const startedAt = performance.now();
    expect(await statusesOf(["/me", token], ["/feed", token], ["/feed"], ["/me"])).toEqual([503, 503, 200, 401]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect((await ask("/me", token)).headers["retry-after"]).toBe("30");
    load = async () => current;
    clock.advance(31);
    expect(await statusesOf(["/me", token], ["/feed", token], ["/feed"], ["/me"])).toEqual([200, 200, 200, 401]);
  });

  it("answer at once and in order where they are there, whoever else waits", async () => {
    load = () => new Promise(() => {});
    clock.advance("11m");
    const all = await statusesOf(
      ["/me", other],
      ["/me", token],
      ["/feed", `${token.slice(0, -4)}AAAA`],
      ["/feed", other],
      ["/me", token],
    );
    expect(all).toEqual([503, 200, 401, 503, 200]);
    load = async () => next;
    await reload();
    expect(await statusesOf(["/me", other], ["/me", token], ["/feed", other], ["/feed", token])).toEqual([
      200, 401, 200, 401,
    ]);
  });
});
