import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createPasswordHasher } from "../../src/core/password/hasher.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import type { Blocklist, UserStore } from "../../src/stores/contract.ts";
import { blocklistContract, userStoreContract } from "../../src/testing.ts";

type Query = (sql: string, values: unknown[]) => Promise<{ rows: unknown[]; rowCount: number | null }>;

interface Stores {
  tableUsers(query: Query): UserStore;
  tableBlocklist(query: Query): Blocklist;
}

const COPY = join(import.meta.dirname, "stores.generated.ts");
const database = new PGlite();
const query: Query = async (sql, values) => {
  const { rows, affectedRows } = await database.query(sql, values);
  return { rows, rowCount: affectedRows ?? null };
};
let stores: Stores;

beforeAll(async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/your-own-stores.md"), "utf8");
  writeFileSync(COPY, /^```ts\n\/\/ stores\.ts\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? "");
  stores = (await import(COPY)) as Stores;
  await database.exec(`
    CREATE TABLE users (id text PRIMARY KEY, email text UNIQUE, disabled boolean NOT NULL DEFAULT false, password_hash text,
      changed_at timestamptz);
    CREATE TABLE revocations (kind text, key text, issued_up_to timestamptz, expires_at timestamptz, PRIMARY KEY (kind, key));
  `);
});

afterAll(async () => {
  rmSync(COPY, { force: true });
  await database.close();
});

it("the guide's stores carry the flow on a real Postgres", async () => {
  const users = stores.tableUsers(query);
  const cheap = createPasswordHasher({ memoryCost: 64, timeCost: 1 });
  const passwords = createPasswordHasher({ memoryCost: 128, timeCost: 1 });
  const stored = await cheap.hash("correct horse");
  await query("INSERT INTO users VALUES ($1, $2, false, $3)", ["user-1", "reader@example.com", stored]);

  const token = defineToken({ keys: secretKey("a secret of thirty-two bytes, or more"), issuer: null, audience: null });
  const auth = createAuthenticator({ token, users, passwords, blocklist: stores.tableBlocklist(query) });
  const { accessToken } = await auth.login({ login: "Reader@Example.com", password: "correct horse" });
  const identity = await auth.authenticate(`Bearer ${accessToken}`);
  expect(await users.findById(identity.userId)).toEqual({
    id: "user-1",
    email: "reader@example.com",
    disabled: false,
    passwordChangedAt: null,
  });
  expect((await users.findCredentials("reader@example.com"))?.passwordHash).toMatch(/m=128,/);
  expect(await users.findCredentials("nobody")).toBeNull();

  await auth.logout(identity);
  await auth.logout(identity);
  await expect(auth.authenticate(`Bearer ${accessToken}`)).rejects.toMatchObject({ code: "revoked" });
});

describe("the guide's users", () => {
  const open = () => ({
    users: stores.tableUsers(query),
    add: async (user: { id: string; login: string; disabled: boolean; passwordHash: string | null }) => {
      await query("INSERT INTO users VALUES ($1, $2, $3, $4)", [user.id, user.login, user.disabled, user.passwordHash]);
    },
  });
  it.each(userStoreContract(open))("$name", ({ run }) => run());
});

it("the guide's blocklist knows sessions and users too", async () => {
  const blocklist = stores.tableBlocklist(query);
  const later = new Date(Date.now() + 60_000);
  const cut = new Date();
  const asked = { jti: null, sid: "session-1", userId: "user-2", issuedAt: new Date(cut.getTime() + 1) };
  expect(await blocklist.isRevoked(asked)).toBe(false);
  await blocklist.revokeUser("user-2", cut, later);
  expect(await blocklist.isRevoked(asked)).toBe(false);
  expect(await blocklist.isRevoked({ ...asked, issuedAt: cut })).toBe(true);
  await blocklist.revokeSession("session-1", later, "user-2");
  expect(await blocklist.isRevoked(asked)).toBe(true);
});

describe("the guide's blocklist", () => {
  it.each(blocklistContract(() => stores.tableBlocklist(query)))("$name", ({ run }) => run());
});
