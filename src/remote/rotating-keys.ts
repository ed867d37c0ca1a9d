import { isHmac } from "../core/keys/algorithms.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import { isPair } from "../core/keys/pair-algorithms.ts";
import { createRing, type KeyRing, toRing } from "../core/keys/ring.ts";
import { keepVerifiers } from "../core/keys/same.ts";
import type { Duration } from "../core/time.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import { withTimeout } from "../shared/promise.ts";
import { createLoadedKeys, type LoadedKeys } from "./fresh-keys.ts";
import { FreshValue, type Loaded } from "./fresh-value.ts";
import { createKeyReporter } from "./key-events.ts";
import { checkInterval, checkLoadOptions, LOAD_OPTIONS, type LoadOptions } from "./keys-options.ts";

/** The options of {@link rotatingKeys}. */
export interface RotatingKeysOptions extends LoadOptions {
  /** Loads the current keys, such as from a secret manager, a file or a table. The first signs. */
  readonly load: () => VerifyingKey | KeyRing | PromiseLike<VerifyingKey | KeyRing>;
  /** How long until they are loaded again, in the background: 30 seconds or more. `"10m"` by default. */
  readonly every?: Duration;
  /** How long the last keys stay in use when they can't be reloaded. `"1d"` by default. */
  readonly staleIfError?: Duration;
}

/**
 * Creates keys of your own that can change while the service runs, without a restart or a logout. A change takes effect
 * at once in every profile that uses them, for issuing and for verifying. Tokens of a removed key are refused, even
 * those that are remembered.
 *
 * They are loaded again when they are used after {@link RotatingKeysOptions.every} has passed, never by a timer.
 * `reload()` loads at once, as after a notice.
 *
 * Give each key a `kid` that never changes. To rotate, add the next key after the current one, wait until all services
 * have it, put it first, wait until the last token of the old key has expired, and remove the old key.
 *
 * @throws TypeError when an option is wrong; this call itself loads nothing
 *
 * @example
 * ```ts
 * const keys = rotatingKeys({
 *   load: async () => {
 *     const { current, previous } = JSON.parse(await readFile("/run/secrets/keys.json", "utf8"));
 *     return keyRing(secretKey(current.secret, current.options), secretKey(previous.secret, previous.options));
 *   },
 *   every: "1m",
 * });
 * await keys.ready();
 * const accessToken = defineToken({ keys, issuer: "https://api.example.com", audience: "https://api.example.com" });
 * ```
 */
export function rotatingKeys(options: RotatingKeysOptions): LoadedKeys {
  const names: OptionNames<RotatingKeysOptions> = { ...LOAD_OPTIONS, load: "required", every: "optional" };
  checkOptions("rotatingKeys", options, names);
  const { load: loadKeys, every = "10m" } = options;
  checkFunction("rotatingKeys: load", loadKeys, "async () => keyRing(current, previous)");
  const freshForMs = checkInterval("every", every);
  const { emit, timeoutMs, now, staleIfErrorMs } = checkLoadOptions(options, "1d");
  const { tellFetched, tellFailed: onFailed, tellStale: onStale } = createKeyReporter("rotatingKeys", emit);
  let before: readonly VerifyingKey[] = [];
  const load = async (): Promise<Loaded<KeyRing>> => {
    const given = toRing(await withTimeout("rotatingKeys: load", timeoutMs, Promise.resolve(loadKeys())));
    const keys = keepVerifiers(given.keys, before);
    tellFetched(keys, before, []);
    before = keys;
    return { value: createRing(given.current, keys), freshForMs };
  };
  const accepts = (alg: unknown): boolean => isHmac(alg) || isPair(alg);
  return createLoadedKeys(new FreshValue({ name: "keys", load, now, staleIfErrorMs, onFailed, onStale }), accepts, now);
}
