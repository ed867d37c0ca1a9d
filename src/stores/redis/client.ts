import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { refuseClient } from "../shared/client.ts";
import { encodeId } from "../shared/ids.ts";

/** Sends one command and returns its reply. Every Redis client can do this. */
export type RedisSend = (command: string, ...parameters: string[]) => Promise<unknown>;

/** The options of a Redis store. */
export interface RedisOptions {
  /**
   * Sends a command by the application's client:
   *
   * - ioredis and iovalkey, also their Cluster: `(...command) => client.call(...command)`
   * - Bun.RedisClient: `(command, ...parameters) => client.send(command, parameters)`
   * - node-redis: `(...command) => client.sendCommand(command)`
   * - node-redis' cluster: `(...command) => cluster.sendCommand(command[KEYS_AT[command[0]] ?? 1], false, command)`,
   *   where `const KEYS_AT = { EVAL: 3, XREAD: 6 }` says which word of a command is a key
   */
  readonly send: RedisSend;
  /** The text that every key begins with. `"hallpass:"` by default. */
  readonly prefix?: string;
}

/** The names of {@link RedisOptions}. */
export const REDIS_OPTIONS: OptionNames<RedisOptions> = { send: "required", prefix: "optional" };

/** Sends commands by a client. Replies consist of strings, arrays and `null` alone. */
export type Client = Required<RedisOptions>;

/**
 * Checks the options of a store and binds its client.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 */
export function bindClient<Options extends RedisOptions>(
  owner: string,
  options: Options,
  known: OptionNames<Options>,
): Client {
  refuseClient(owner, options, ["call", "sendCommand"], "{ send: (...command) => client.call(...command) }");
  checkOptions(owner, options, known);
  const { prefix = "hallpass:" } = options;
  if (typeof prefix !== "string" || prefix === "" || /[{}]/.test(prefix)) {
    throw new TypeError(`${owner}: prefix must be a non-empty string without braces`);
  }
  return { send: bindSend(`${owner}: send`, options.send), prefix };
}

/**
 * Binds a client's `send`. Clients differ in how they return numbers and texts, so both become strings.
 *
 * @throws TypeError when `send` is not a function
 */
export function bindSend(name: string, send: RedisSend): RedisSend {
  checkFunction(name, send, "(...command) => client.call(...command) for ioredis");
  return async (...command) => toStrings(await send(...command));
}

function toStrings(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(toStrings);
  if (typeof reply === "number" || typeof reply === "bigint") return String(reply);
  return ArrayBuffer.isView(reply) ? Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString() : reply;
}

/**
 * Returns the beginning of all keys of one user. The text in braces decides the slot, so one node of a cluster has them
 * all.
 */
export function getUserPrefix(prefix: string, userId: string): string {
  return `${prefix}{${encodeURIComponent(encodeId(userId))}}`;
}
