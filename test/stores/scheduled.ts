/** What the tests of stores share that delete expired rows by themselves. */
import { vi } from "vitest";
import { newApiKey } from "../support/api-key-races.ts";
import { begun } from "../support/sessions.ts";
import type { SqlStores } from "./sql-stores.ts";

/** The stores that delete expired rows. */
export type Deleting = Pick<SqlStores, "refresh" | "blocklist" | "oneTime" | "apiKeys" | "proofs">;

/** Makes something, and returns what runs all that it has scheduled. */
export function scheduledBy(make: () => unknown): () => Promise<void> {
  const spy = vi.spyOn(globalThis, "setInterval").mockReturnValue({ unref: () => undefined } as never);
  make();
  const scheduled = spy.mock.calls.map(([run]) => run as () => Promise<void>);
  spy.mockRestore();
  return async () => {
    for (const run of scheduled) await run();
  };
}

/** Stores one row in each store, under one name. */
export async function fill(stores: Deleting, name: string, expiresAt: Date): Promise<void> {
  const at = new Date();
  await begun(stores.refresh, { sid: name, userId: name, family: name, expiresAt });
  await stores.blocklist.revokeToken(name, expiresAt, "user-1");
  await stores.oneTime.put({ digest: name, purpose: "code:x", userId: name, data: "null", expiresAt }, at);
  await stores.apiKeys.insert(newApiKey({ digest: name, userId: name, expiresAt }), 10);
  await stores.proofs.remember(name, expiresAt, at);
}

/** Lists the stores that still have the row of a name. */
export async function listLeft(stores: Deleting, name: string): Promise<readonly string[]> {
  const now = new Date();
  const asked = { jti: name, sid: null, userId: "user-1", issuedAt: now };
  const left = {
    refresh: (await stores.refresh.findSession(name)) !== null,
    blocklist: await stores.blocklist.isRevoked(asked),
    oneTime: (await stores.oneTime.countTry("code:x", name, now, now)) !== null,
    apiKeys: (await stores.apiKeys.find(name)) !== null,
    proofs: !(await stores.proofs.remember(name, new Date(now.getTime() + 1_000), now)),
  };
  return Object.keys(left).filter((store) => left[store as keyof typeof left]);
}
