import type { VerifyingKey } from "../core/keys/key.ts";
import { publishKeys } from "../core/keys/publish.ts";
import { type KeyRing, toSource } from "../core/keys/ring.ts";
import type { KeySet, LiveKeys } from "../core/keys/source.ts";
import { systemClock } from "../shared/clock.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import { checkNothingElse, refuseRequest } from "./checks.ts";
import type { FlowHandler } from "./handler.ts";
import { type PublishOptions, publishDocument } from "./publish.ts";

/** The options of published keys. */
export interface JwksOptions extends PublishOptions {
  /** The clock by which keys retire: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<JwksOptions> = { maxAge: "optional", now: "optional" };

/**
 * Makes the handler that publishes the public halves of keys as a JWK Set (RFC 7517 §5), so that others can verify your
 * tokens. Its usual place is `/.well-known/jwks.json`. Shared secrets and private members are never in it, nor is a key
 * that has retired. Each request gets the current keys, even if they change while the process runs.
 *
 * @param keys - a key, a ring, or what `rotatingKeys` makes. A key that is added behind the current one is published
 * before it signs.
 * @param options - how long caches may keep the set
 * @throws TypeError when there is no public key to publish, or an option is misspelt or meaningless. For remote keys,
 * that is known once they are `ready()`; before that, the first request is answered 500.
 *
 * @example
 * ```ts
 * const response = await handleJwks(keyRing(current, next))(request);
 * ```
 */
export function handleJwks(
  keys: VerifyingKey | KeyRing | LiveKeys,
  options: JwksOptions = {},
  ...extra: []
): FlowHandler {
  refuseRequest("jwks", keys, "keys");
  checkNothingElse("jwks", extra);
  checkOptions("jwks", options, OPTIONS);
  const { now = systemClock, ...publishing } = options;
  checkFunction("jwks: now", now, "Date.now");
  const { read, remote } = toSource(keys);
  let published: { readonly set: KeySet; readonly jwks: object } | null = null;
  const publish = (set: KeySet): object => {
    if (published?.set !== set) published = { set, jwks: publishKeys(set.keys) };
    return published.jwks;
  };
  const loaded = read(now); // Remote keys may not be loaded yet, so they are checked at the first request.
  if (loaded !== null) publish(loaded);
  const readSet = async (): Promise<KeySet> => {
    const known = read(now);
    if (known !== null) return known;
    await remote?.wait();
    return read(now) as KeySet;
  };
  return publishDocument("jwks", async () => publish(await readSet()), publishing);
}
