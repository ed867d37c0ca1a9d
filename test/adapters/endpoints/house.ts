import type { Server } from "node:http";
import { afterAll, beforeAll, expect } from "vitest";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import type { SigningKey } from "../../../src/core/keys/key.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../../src/core/token/profile.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { where } from "../../../src/guard/rules.ts";
import { clientSecrets } from "../../../src/introspection/client-secrets.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { passwords } from "../../support/flow.ts";
import { type Answer, exchange, type Sent } from "../exchange.ts";
import { TOKEN_APPS, type TokenApp } from "../token-endpoints.ts";

export const SECRET = "a secret of thirty-two characters";
export const ISSUER = "https://api.example.com";
export const keys: SigningKey = secretKey("a secret of thirty-two bytes, or more");
export const token: TokenProfile = defineToken({ keys, issuer: ISSUER, audience: ISSUER });

/** Tokens that are good for nothing: that has expired, and that another service is to take. */
export const stale: string = await issueToken(
  { sub: "user-1" },
  defineToken({ keys, issuer: ISSUER, audience: ISSUER, now: () => Date.now() - 3_600_000 }),
);
export const foreign: string = await issueToken(
  { sub: "user-1" },
  defineToken({ keys, issuer: ISSUER, audience: "https://b.example" }),
);

/** Tokens of users about whom the blocklist fails, and hangs. */
export const lost: string = await issueToken({ sub: "user-3" }, token);
export const slow: string = await issueToken({ sub: "user-4" }, token);

export const basic = (id: string, secret: string = SECRET): string[] => [
  "Authorization",
  `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
];
export const FORM: readonly string[] = ["Content-Type", "application/x-www-form-urlencoded"];

const outageOf = (userId: string): Promise<never> | undefined => {
  if (userId === "user-3") return Promise.reject(new Error("connection refused: secret-host:5432"));
  return userId === "user-4" ? new Promise(() => {}) : undefined;
};

interface House {
  readonly auth: SessionAuthenticator;
  /** Whether the blocklist fails to store. */
  readonly state: { isUnstorable: boolean };
  readonly parts: Parameters<TokenApp>[0];
}

export function house(): House {
  const users = memoryUsers();
  for (const id of ["user-1", "user-2", "user-3", "user-4"]) users.add({ login: id, passwordHash: null, user: { id } });
  const blocklist = memoryBlocklist();
  const state = { isUnstorable: false };
  const store =
    <Args extends unknown[]>(write: (...args: Args) => unknown) =>
    async (...args: Args) => {
      if (state.isUnstorable) throw new Error("connection refused: secret-host:5432");
      await write(...args);
    };
  const auth = createAuthenticator({
    token,
    users,
    passwords,
    storeTimeoutMs: 20, // what answers at all here does so before any timer
    onOutage: () => undefined,
    claims: ({ id }) => ({ scope: "read write", ...(id === "user-2" && { client_id: "mobile" }) }),
    refresh: { store: memoryRefreshStore() },
    blocklist: {
      ...blocklist,
      isRevoked: async (reference) => (await outageOf(reference.userId)) ?? blocklist.isRevoked(reference),
      revokeToken: store(blocklist.revokeToken),
      revokeSession: store(blocklist.revokeSession),
    },
  });
  const clients = createGuard({ credentials: [clientSecrets({ reports: SECRET, mobile: SECRET, guest: SECRET })] });
  const rules = [where(({ userId }) => userId !== "guest")];
  return { auth, state, parts: { auth, introspect: { clients, rules }, revoke: { clients, rules } } };
}

interface Endpoints extends Omit<House, "parts"> {
  /** The codes of the errors that were logged. */
  readonly logged: unknown[];
  exchange(sent: Sent): Promise<Answer>;
  send(path: string, body: string, headers?: readonly string[]): Promise<Answer>;
  /** What `/introspect` says of a token. */
  ask(text: string): Promise<Record<string, unknown>>;
  revoke(text: string, id?: string): Promise<Answer>;
}

/** Opens the endpoints before the tests of a suite, and closes them behind these. */
export function openEndpoints(app: TokenApp): Endpoints {
  const { auth, state, parts } = house();
  const logged: unknown[] = [];
  let server: Server;
  beforeAll(async () => {
    server = await app({ ...parts, log: (error) => void logged.push(error.code) });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (
    path: string,
    body: string,
    headers: readonly string[] = [...basic("reports"), ...FORM],
  ): Promise<Answer> => exchange(server, { method: "POST", path, headers, body });
  const ask = async (text: string): Promise<Record<string, unknown>> => {
    const answer = await send("/introspect", new URLSearchParams({ token: text }).toString());
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    return JSON.parse(answer.body);
  };
  const revoke = (text: string, id = "reports"): Promise<Answer> =>
    send("/revoke", new URLSearchParams({ token: text, token_type_hint: "x" }).toString(), [...basic(id), ...FORM]);
  return { auth, state, logged, exchange: (sent: Sent) => exchange(server, sent), send, ask, revoke };
}

/** The applications with both endpoints, numbered. */
export const APPS: readonly (readonly [name: string, app: TokenApp, nth: number])[] = Object.entries(TOKEN_APPS).map(
  ([name, app], nth) => [name, app, nth],
);
