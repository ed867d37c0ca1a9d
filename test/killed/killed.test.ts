import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresUsers } from "../../src/stores/postgres.ts";
import { cheapPasswords } from "../../src/testing/passwords.ts";
import { openTables } from "../stores/postgres/databases.ts";
import { bundleFixture } from "../support/fixture.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { redisUrl } from "../support/servers/redis-url.ts";

const CLIENTS = 20; // for each verb
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

type Verb = keyof typeof VERBS;

const BACKENDS = {
  postgres: ["a log-out by cookie", "a log-out everywhere", "a change of password"],
  redis: ["a log-out by cookie", "a log-out everywhere"],
} as const;
type Backend = keyof typeof BACKENDS;

async function placeOf(kind: Backend, logins: readonly string[]): Promise<readonly [url: string, place: string]> {
  if (kind === "redis") return [redisUrl as string, randomUUID()];
  const { pool, schema, tables } = await openTables();
  const users = postgresUsers({ client: pool, tables });
  const passwordHash = await cheapPasswords().hash("pw");
  for (const login of logins) await users.add({ id: login, login, passwordHash });
  await pool.end();
  return [postgresUrl as string, schema];
}

/** What became of a verb, over all rounds. */
interface Outcome {
  interrupted: number;
  /** The last answer to the verb of each client, and then what its access and its refresh token were answered. */
  readonly statuses: Set<number | undefined>;
  readonly access: Set<number | undefined>;
  readonly refresh: Set<number | undefined>;
}

/** Kills one service several times, while clients of every verb wait for an answer. */
async function killUnderLoad(kind: Backend): Promise<ReadonlyMap<Verb, Outcome>> {
  const verbs: readonly Verb[] = BACKENDS[kind];
  const clients = Array.from({ length: CLIENTS * verbs.length }, (_, at) => ({
    login: `user-${at}`,
    password: "pw",
    verb: verbs[at % verbs.length] as Verb,
  }));
  const outcomes = new Map(
    verbs.map((verb) => [
      verb,
      { interrupted: 0, statuses: new Set(), access: new Set(), refresh: new Set() } as Outcome,
    ]),
  );
  const [url, place] = await placeOf(
    kind,
    clients.map(({ login }) => login),
  );
  const restart = () => start(kind, url, place, String(clients.length));
  let service = await restart();
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = sendTo(service.url);
    const sessions = await Promise.all(clients.map(({ login, password }) => logIn(before, login, password)));
    const first = clients.map(({ verb, login, password }, at) =>
      VERBS[verb].send(before, sessions[at] as Session, login, password),
    );
    await new Promise((resolve) => setTimeout(resolve, 8 + 18 * round));
    await service.kill();
    const answers = await Promise.all(first);

    service = await restart();
    const again = sendTo(service.url);
    await Promise.all(
      clients.map(async (client, at) => {
        const { verb, login, password } = client;
        const outcome = outcomes.get(verb) as Outcome;
        const { access, cookie } = sessions[at] as Session;
        let answer: Response | null = answers[at] ?? null;
        if (answer === null) outcome.interrupted += 1;
        for (let tries = 0; tries < 20 && !isDone(answer, VERBS[verb].done); tries += 1) {
          answer = await VERBS[verb].send(again, { access, cookie }, login, password);
        }
        outcome.statuses.add(answer?.status);
        outcome.access.add((await again("/me", { access }))?.status);
        outcome.refresh.add((await again("/refresh", { cookie }))?.status);
        if (verb === "a change of password") client.password += "+";
      }),
    );
  }
  await service.kill();
  return outcomes;
}

describe.each(Object.keys(BACKENDS) as Backend[])("a service on %s that is killed under load", (kind) => {
  const isThere = (kind === "redis" ? redisUrl : postgresUrl) !== null;
  let outcomes: ReadonlyMap<Verb, Outcome>;
  beforeAll(async () => {
    if (isThere) outcomes = await killUnderLoad(kind);
  });

  it.skipIf(!isThere).each(BACKENDS[kind])("keeps the word of %s that is sent again until it is answered", (verb) => {
    const { interrupted, statuses, access, refresh } = outcomes.get(verb) as Outcome;
    expect(interrupted).toBeGreaterThan(0);
    expect(VERBS[verb].done).toEqual(expect.arrayContaining([...statuses]));
    expect([...access], "the access token lives").toEqual([401]);
    expect([...refresh], "the refresh token lives").toEqual([401]);
  });
});

function isDone(answer: Response | null, done: readonly number[]): boolean {
  return answer !== null && done.includes(answer.status);
}
