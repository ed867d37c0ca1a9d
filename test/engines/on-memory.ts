import { memoryBlocklist, memoryRefreshStore, memoryUsers } from "../../src/stores/memory.ts";
import type { Stores } from "./flow.ts";

/** The stores in memory. */
export function onMemory(): Stores {
  const users = memoryUsers();
  return {
    users,
    refresh: memoryRefreshStore(),
    blocklist: memoryBlocklist(),
    add: ({ id, login, passwordHash, disabled = false }) => users.add({ login, passwordHash, user: { id, disabled } }),
  };
}
