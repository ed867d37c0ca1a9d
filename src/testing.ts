/**
 * Tools for tests: the contracts of stores as cases for any test runner, tokens issued at any time, a frozen clock, a
 * cheap password hasher, and a fake issuer that fails on command.
 *
 * @module
 */
export { apiKeyStoreContract } from "./testing/api-keys.ts";
export { blocklistContract } from "./testing/blocklist.ts";
export { type FrozenClock, frozenClock } from "./testing/clock.ts";
export type { ContractCase } from "./testing/contract.ts";
export type { FakeAnswer, FakeBehaviour, FakeDocument } from "./testing/issuer/behaviour.ts";
export { createFakeIssuer, type FakeIssuerOptions } from "./testing/issuer/create.ts";
export type { FakeIssuer, FakeRequest } from "./testing/issuer/issuer.ts";
export type { FakeKeyOptions } from "./testing/issuer/keys.ts";
export type { FakeTokenOptions } from "./testing/issuer/token.ts";
export { oneTimeStoreContract } from "./testing/one-time.ts";
export { cheapPasswords } from "./testing/passwords.ts";
export { proofStoreContract } from "./testing/proofs.ts";
export { refreshStoreContract } from "./testing/refresh.ts";
export { statusListStoreContract } from "./testing/status-list.ts";
export { type MintOptions, mintToken } from "./testing/token.ts";
export { type UserStoreUnderTest, userStoreContract } from "./testing/users.ts";
