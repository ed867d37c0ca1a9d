import type { ProofStore } from "../contract.ts";
import { toMilliseconds } from "../shared/instants.ts";
import { bindClient, REDIS_OPTIONS, type RedisOptions } from "./client.ts";
import { createReplyError } from "./replies.ts";
import { computeTtl } from "./ttl.ts";

/**
 * Stores a claim where there is none. Replies 1 if the stored claim is this one: a client that lost its connection may
 * send the same command again, and has to get the same reply.
 */
const REMEMBER = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0`;

/**
 * Used DPoP proofs in Redis or Valkey. Each is a key of its own, which Redis removes once the proof has expired. Redis
 * has to keep what it is given (see {@link redisBlocklist}): a proof that it forgets can be used again.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const proofs = redisProofs({ send: (...command) => client.call(...command) });
 * const credential = dpop(accessToken, { origin: "https://api.example.com", proofs });
 * ```
 */
export function redisProofs(options: RedisOptions): ProofStore {
  const { send, prefix } = bindClient("redisProofs", options, REDIS_OPTIONS);
  return {
    async remember(id, expiresAt, at) {
      const ttl = String(computeTtl(toMilliseconds(at), toMilliseconds(expiresAt)));
      const reply = await send("EVAL", REMEMBER, "1", `${prefix}proof:${id}`, crypto.randomUUID(), ttl);
      if (reply !== "0" && reply !== "1") throw createReplyError();
      return reply === "1";
    },
  };
}
