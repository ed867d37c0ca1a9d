/**
 * Sessions and revocations in Redis or Valkey, over a client that the application made: ioredis, node-redis or iovalkey,
 * also in a cluster.
 *
 * @module
 */
export { type RedisBlocklistOptions, redisBlocklist } from "./redis/blocklist.ts";
export type { RedisOptions, RedisSend } from "./redis/client.ts";
export type { RedisFeedOptions } from "./redis/feed.ts";
export { redisRefreshStore } from "./redis/refresh.ts";
