import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { postgresSchema, postgresUsers } from "../../src/stores/postgres.ts";
import { cheapPasswords } from "../../src/testing/passwords.ts";
import { openPool, tablesIn } from "../stores/sql-stores.ts";
import { bundleFixture } from "../support/fixture.ts";

const CLIENTS = 40;
const ROUNDS = 3;

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

interface Service {
  readonly url: string;
  kill(): Promise<void>;
}

const SERVICE = await bundleFixture(join(import.meta.dirname, "service.ts"));

async function start(...args: readonly string[]): Promise<Service> {
  const child = spawn(process.execPath, [SERVICE, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [port] = await once(child.stdout, "data");
  return {
    url: `http://127.0.0.1:${String(port).trim()}`,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** What a client has of one session. */
interface Session {
  readonly access: string;
  readonly cookie: string;
}

type Send = (path: string, session: Partial<Session>, body?: object) => Promise<Response | null>;

/** Sends a request; `null` where the service was killed before it answered. */
const sendTo =
  (url: string): Send =>
  async (path, { access, cookie }, body) => {
    const headers = {
      "Content-Type": "application/json",
      ...(access !== undefined && { Authorization: `Bearer ${access}` }),
      ...(cookie !== undefined && { Cookie: cookie }),
    };
    const method = path === "/me" ? "GET" : "POST";
    return fetch(url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }).catch(
      () => null,
    );
  };

async function logIn(send: Send, login: string, password: string): Promise<Session> {
  const answer = (await send("/login", {}, { login, password })) as Response;
  const { access_token } = (await answer.json()) as { access_token: string };
  return { access: access_token, cookie: String(answer.headers.get("set-cookie")).split(";")[0] as string };
}

/** What clients send, and may be told when they send it again: 401 is the answer to a token that is revoked by then. */
const VERBS = {
  "a log-out by cookie": { send: (send: Send, { cookie }: Session) => send("/logout", { cookie }), done: [204] },
  "a log-out everywhere": {
    send: (send: Send, { access }: Session) => send("/everywhere", { access }),
    done: [204, 401],
  },
  "a change of password": {
    send: (send: Send, _session: Session, login: string, password: string) =>
      send("/password", {}, { login, password, newPassword: `${password}+` }),
    done: [200],
  },
} as const;

const BACKENDS = {
  postgres: ["a log-out by cookie", "a log-out everywhere", "a change of password"],
  redis: ["a log-out by cookie", "a log-out everywhere"],
} as const;

async function placeOf(kind: keyof typeof BACKENDS): Promise<readonly [url: string, place: string]> {
  if (kind === "redis") return [inject("redisUrl") as string, randomUUID()];
  const { pool, schema } = await openPool();
  const tables = tablesIn(schema);
  await pool.query(postgresSchema(tables));
  const users = postgresUsers({ client: pool, tables });
  const passwordHash = await cheapPasswords().hash("pw");
  for (let at = 0; at < CLIENTS; at += 1) await users.add({ id: `user-${at}`, login: `user-${at}`, passwordHash });
  await pool.end();
  return [inject("postgresUrl") as string, schema];
}

describe.each(Object.entries(BACKENDS))("a service on %s that is killed under load", (kind, verbs) => {
  const isThere = inject(kind === "redis" ? "redisUrl" : "postgresUrl") !== null;

  it.skipIf(!isThere).each(verbs)(
    "keeps the word of %s that is sent again until it is answered",
    { timeout: 120_000 },
    async (verb) => {
      const { send, done } = VERBS[verb];
      const [url, place] = await placeOf(kind as keyof typeof BACKENDS);
      const restart = () => start(kind, url, place, String(CLIENTS));
      const logins = Array.from({ length: CLIENTS }, (_, at) => `user-${at}`);
      let password = "pw";
      let interrupted = 0;
      let service = await restart();
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = sendTo(service.url);
        const sessions = await Promise.all(logins.map((login) => logIn(before, login, password)));
        const first = Promise.all(logins.map((login, at) => send(before, sessions[at] as Session, login, password)));
        await new Promise((resolve) => setTimeout(resolve, 8 + 12 * round));
        await service.kill();
        const answers = await first;
        interrupted += answers.filter((answer) => answer === null).length;

        service = await restart();
        const again = sendTo(service.url);
        await Promise.all(
          logins.map(async (login, at) => {
            const session = sessions[at] as Session;
            let answer: Response | null = answers[at] ?? null;
            for (let tries = 0; tries < 20 && !isDone(answer, done); tries += 1) {
              answer = await send(again, session, login, password);
            }
            expect(done).toContain(answer?.status);
            expect((await again("/me", { access: session.access }))?.status, "the access token lives").toBe(401);
            const { cookie } = session;
            expect((await again("/refresh", { cookie }))?.status, "the refresh token lives").toBe(401);
          }),
        );
        if (verb === "a change of password") password += "+";
      }
      await service.kill();
      expect(interrupted).toBeGreaterThan(0);
    },
  );
});

function isDone(answer: Response | null, done: readonly number[]): boolean {
  return answer !== null && done.includes(answer.status);
}
