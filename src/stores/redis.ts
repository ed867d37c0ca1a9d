/**
 * Sessions, revocations, one-time tokens, API keys, status lists and DPoP proofs in Redis or Valkey, by a client that
 * the application made: ioredis, node-redis, iovalkey or Bun.RedisClient, also in a cluster.
 *
 * @module
 */
export { redisApiKeys } from "./redis/api-keys.ts";
export { type RedisBlocklistOptions, redisBlocklist } from "./redis/blocklist.ts";
export type { RedisOptions, RedisSend } from "./redis/client.ts";
export type { RedisFeedOptions } from "./redis/feed.ts";
export { redisOneTimeStore } from "./redis/one-time.ts";
export { redisProofs } from "./redis/proofs.ts";
export { redisRefreshStore } from "./redis/refresh.ts";
export { redisStatusListStore } from "./redis/status-list.ts";
