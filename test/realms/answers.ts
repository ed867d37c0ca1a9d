import type { Server } from "node:http";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { APPS } from "../adapters/apps.ts";
import { exchange, type Sent } from "../adapters/exchange.ts";
import { houseOf, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const identity = { userId: "someone", scopes: [], sid: null, claims: {} };
const bearer = (token: string): readonly string[] => ["Authorization", `Bearer ${token}`];
const flipped = (token: string): string => token.replace(/.{9}$/, "AAAAAAAAA");

const memory = memoryBlocklist({ now: () => NOW });
let isDown = false;
const { auth } = houseOf({
  blocklist: {
    ...memory,
    async isRevoked(token) {
      if (isDown) throw new Error("boo");
      return memory.isRevoked(token);
    },
  },
});

const schema = {
  "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) },
} as never;
const inPool = profileOf(await importKey(await generateKey("Ed25519")), { threadPool: true, cacheSize: 0 });
const shaped = profileOf(undefined, { schema: schema });

/** What each framework answers, by what it is asked. */
export async function answersOf(): Promise<Record<string, Record<string, string>>> {
  const answers: Record<string, Record<string, string>> = {};
  for (const [name, app] of Object.entries(APPS)) {
    const on = async <T>(
      guard: Partial<Guard>,
      work: (ask: (sent: Sent) => Promise<string>) => T,
    ): Promise<Awaited<T>> => {
      const server: Server = await app({ ...auth, ...guard } as SessionAuthenticator);
      const result = await work(async (sent) => {
        const { status, body } = await exchange(server, sent);
        return status === 200 ? `200 ${body}` : String(status);
      });
      server.closeAllConnections();
      server.close();
      return result;
    };
    const own = (authenticate: () => unknown): Promise<string> => {
      const guard = { authenticate, authenticateOptional: authenticate } as Partial<Guard>;
      return on(guard, async (ask) => `${await ask({ path: "/me" })}, optional: ${await ask({ path: "/feed" })}`);
    };
    const profiled = async (token: typeof inPool): Promise<string> => {
      const good = await issueToken({ sub: "user-1" }, token);
      return on(createGuard({ token }), async (ask) => {
        const [is, not] = [bearer(good), bearer(flipped(good))];
        return `${await ask({ path: "/me", headers: is })}, forged: ${await ask({ path: "/me", headers: not })}`;
      });
    };
    answers[name] = {
      ...(await on({}, flow)),
      "by the thread pool": await profiled(inPool),
      "by a schema": await profiled(shaped as typeof inPool),
      "own guard, thenable": await own(() => ({ then: (done: (it: unknown) => void) => done(identity) })),
      "own guard, promise of null": await own(() => Promise.resolve(null)),
      "own guard, async": await own(async () => identity),
    };
  }
  return answers;
}

async function flow(ask: (sent: Sent) => Promise<string>): Promise<Record<string, string>> {
  const json = { headers: ["Content-Type", "application/json"], body: JSON.stringify(READER) };
  const given = await ask({ method: "POST", path: "/login", ...json });
  const headers = bearer(JSON.parse(given.slice("200 ".length)).access_token);
  const answers: Record<string, string> = {};
  answers["logged in"] = await ask({ path: "/me", headers });
  answers.nobody = await ask({ path: "/me" });
  answers["nobody, optional"] = await ask({ path: "/feed" });
  isDown = true;
  answers["blocklist down"] = await ask({ path: "/me", headers });
  answers["blocklist down, optional"] = await ask({ path: "/feed", headers });
  isDown = false;
  answers.logout = await ask({ method: "POST", path: "/logout", headers });
  answers["logged out"] = await ask({ path: "/me", headers });
  answers["logged out, optional"] = await ask({ path: "/feed", headers });
  answers["logged out, a scope"] = await ask({ path: "/read", headers });
  return answers;
}
