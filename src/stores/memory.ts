/**
 * Users, sessions, revocations, one-time tokens, API keys, status lists and DPoP proofs in this process's memory: the
 * embedded default.
 *
 * @module
 */
export { memoryApiKeys } from "./memory/api-keys.ts";
export { type MemoryBlocklistOptions, memoryBlocklist } from "./memory/blocklist.ts";
export { memoryOneTimeStore } from "./memory/one-time.ts";
export { type MemoryProofsOptions, memoryProofs } from "./memory/proofs.ts";
export { memoryRefreshStore } from "./memory/refresh.ts";
export type { MemoryBlocklist } from "./memory/revocations.ts";
export { memoryStatusListStore } from "./memory/status-list.ts";
export { type MemoryUser, type MemoryUsers, memoryUsers } from "./memory/users.ts";
export type { NewUser } from "./shared/new-user.ts";
