import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { spelled } from "../shared/text.ts";

/** Sends one command, and gives its reply: what every Redis client can do. */
export type RedisSend = (command: string, ...parameters: string[]) => Promise<unknown>;

/** What a Redis store is made of. */
export interface RedisOptions {
  /**
   * Sends a command by the application's client:
   *
   * - ioredis and iovalkey, also their Cluster: `(...command) => client.call(...command)`
   * - Bun.RedisClient: `(command, ...parameters) => client.send(command, parameters)`
   * - node-redis: `(...command) => client.sendCommand(command)`
   * - node-redis' cluster: `(...command) => cluster.sendCommand(command[KEYS_AT[command[0]] ?? 1], false, command)`, where
   *   `const KEYS_AT = { EVAL: 3, XREAD: 6 }` says which of a command's words is a key
   */
  readonly send: RedisSend;
  /** What every key begins with. `"hallpass:"` by default. */
  readonly prefix?: string;
}

/** The names of {@link RedisOptions}. */
export const REDIS_OPTIONS: OptionNames<RedisOptions> = { send: "required", prefix: "optional" };

/** Options, checked and with their defaults. */
export function redisSettings<Options extends RedisOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Required<RedisOptions> {
  checkOptions(owner, options, known);
  const { prefix = "hallpass:" } = options;
  if (typeof prefix !== "string" || prefix === "" || /[{}]/.test(prefix)) {
    throw new TypeError(`${owner}: prefix must be a non-empty string without braces`);
  }
  return { send: senderOf(`${owner}: send`, options.send), prefix };
}

/** A client, whose replies are made of texts, lists and `null` alone, whatever it makes of numbers and texts. */
export function senderOf(name: string, send: RedisSend): RedisSend {
  checkFunction(name, send, "(...command) => client.call(...command) for ioredis");
  return async (...command) => inTexts(await send(...command));
}

function inTexts(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(inTexts);
  if (typeof reply === "number" || typeof reply === "bigint") return String(reply);
  return ArrayBuffer.isView(reply) ? Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString() : reply;
}

/** What all keys of one user begin with: what is in the braces decides a cluster's slot, so they are all on one node. */
export function keysOf(prefix: string, userId: string): string {
  return `${prefix}{${encodeURIComponent(spelled(userId))}}`;
}

// Entries outlive their need by this, so that a server's clock that runs a little fast forgets none too soon.
const MARGIN = 60_000;

/** For how many milliseconds something is to be kept, from an instant to another. */
export function ttlOf(from: number, to: number): number {
  return Math.max(to - from, 0) + MARGIN;
}

/** A reply that is a list of texts, some of which may be missing. */
export function textsOf(reply: unknown, length: number): readonly (string | null)[] {
  const isFitting = Array.isArray(reply) && reply.length === length;
  if (!isFitting || !reply.every((it) => it === null || typeof it === "string")) throw nonsense();
  return reply as (string | null)[];
}

/** The error of a reply that the command can't have. */
export function nonsense(): TypeError {
  return new TypeError("Redis replied with what this command can't reply");
}
