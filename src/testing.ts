/**
 * Tools for tests: the contracts of stores as cases for any runner, tokens of any instant, a clock that stands still,
 * and a password hasher that takes no time.
 *
 * @module
 */
export { apiKeyStoreContract } from "./testing/api-keys.ts";
export { blocklistContract } from "./testing/blocklist.ts";
export { type FrozenClock, frozenClock } from "./testing/clock.ts";
export type { ContractCase } from "./testing/contract.ts";
export { oneTimeStoreContract } from "./testing/one-time.ts";
export { cheapPasswords } from "./testing/passwords.ts";
export { proofStoreContract } from "./testing/proofs.ts";
export { refreshStoreContract } from "./testing/refresh.ts";
export { type MintOptions, mintToken } from "./testing/token.ts";
export { type UserStoreUnderTest, userStoreContract } from "./testing/users.ts";
