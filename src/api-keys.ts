/**
 * API keys for scripts and services: created once, stored as digests, verified, rotated and revoked.
 *
 * @module
 */
export type { ApiKeys } from "./api-keys/api-keys.ts";
export { createApiKeys } from "./api-keys/create.ts";
export { type ApiKeyCredentialOptions, apiKeys } from "./api-keys/credential.ts";
export type { CreatedApiKey, NewApiKey, RotateOptions } from "./api-keys/new-key.ts";
export type { ApiKeysOptions } from "./api-keys/options.ts";
export type { KeyLimiter } from "./api-keys/throttle.ts";
export type { ApiKey, ApiKeyStore, StoredApiKey } from "./stores/contract.ts";
