import { Redis } from "ioredis";
import pg from "pg";
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from "rate-limiter-flexible";
import { afterAll, describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import type { Limiter } from "../../src/login/throttle-options.ts";
import { memoryUsers } from "../../src/stores/memory.ts";
import { CONNECTIONS } from "../stores/postgres/databases.ts";
import { codeOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { redisUrl } from "../support/servers/redis-url.ts";
import { profileOf } from "../support/tokens.ts";

const HASH = await passwords.hash(PASSWORD);
const WRONG = { ...READER, password: "x" };
const [HERE, THERE] = [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }];
const closing: (() => unknown)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

type Make = (keyPrefix: string, points: number) => Limiter | Promise<Limiter>;
const duration = 600;

const LIMITERS: Readonly<Record<string, () => Make>> = {
  memory: () => (keyPrefix, points) => new RateLimiterMemory({ keyPrefix, points, duration }),
  ...(redisUrl !== null && {
    Redis: () => {
      const storeClient = new Redis(redisUrl as string);
      closing.push(() => storeClient.disconnect());
      return (keyPrefix: string, points: number) => new RateLimiterRedis({ storeClient, keyPrefix, points, duration });
    },
  }),
  ...(postgresUrl !== null && {
    Postgres: () => {
      const storeClient = new pg.Pool({ connectionString: postgresUrl as string, max: CONNECTIONS });
      closing.push(() => storeClient.end());
      return (keyPrefix: string, points: number) =>
        new Promise<Limiter>((resolve, reject) => {
          const options = {
            storeClient,
            keyPrefix,
            points,
            duration,
            tableName: "limits",
            clearExpiredByTimeout: false,
          };
          const limiter = new RateLimiterPostgres(options, (error) => (error ? reject(error) : resolve(limiter)));
        });
    },
  }),
};

describe.each(Object.entries(LIMITERS))("limiters in %s", (name, open) => {
  it.skipIf(name === "memory")("are refused where both count under one prefix", async () => {
    const make = open();
    const throttle = { account: await make(`same${process.pid}`, 3), address: await make(`same${process.pid}`, 100) };
    const build = () => createAuthenticator({ token: profileOf(), users: memoryUsers(), passwords, throttle });
    expect(build).toThrow(/one keyPrefix of one client/);
  });

  it("keep an attacker out, and let the user in by a device of the user's", async () => {
    const make = open();
    const run = `${process.pid}${name}`;
    const throttle = {
      account: await make(`account${run}`, 3),
      address: await make(`address${run}`, 100),
      device: profileOf(undefined, { typ: "device+jwt" }),
    };
    const users = memoryUsers();
    users.add({ login: READER.login, passwordHash: HASH, user: { id: "user-1" } });
    const auth = createAuthenticator({ token: profileOf(), users, passwords, throttle });
    const { deviceToken } = await auth.login(READER, HERE);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(auth.login(WRONG, THERE))));
    expect(codes.filter((code) => code === "invalid_credentials").length).toBe(3);
    expect(codes.filter((code) => code === "too_many_attempts").length).toBe(17);
    const error = await auth.login(WRONG, THERE).catch((it) => it);
    expect(error.headers["Retry-After"]).toBe("60");
    expect(await codeOf(auth.login(READER, { ...HERE, deviceToken }))).toBe("ok");
    expect(await codeOf(auth.login(READER, HERE))).toBe("too_many_attempts");

    const names = Array.from({ length: 101 }, (_, at) => `nobody-${at}`);
    const refusals = names.map((login) => auth.login({ login, password: "x" }, { ip: "192.0.2.9" }).catch((it) => it));
    const refused = (await Promise.all(refusals)).filter(({ code }) => code === "too_many_attempts");
    expect(refused.length).toBe(1);
    expect(Number(refused[0].headers["Retry-After"])).toBeGreaterThan(duration - 60);
    expect(Number(refused[0].headers["Retry-After"])).toBeLessThanOrEqual(duration);
  });
});
