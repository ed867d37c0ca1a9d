import { AuthError } from "../core/errors.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import { publicJwks } from "../core/keys/publish.ts";
import { type KeyRing, toRing } from "../core/keys/ring.ts";
import { checkNothingElse, refuseRequest } from "./checks.ts";
import type { FlowHandler } from "./handler.ts";
import { type PublishOptions, publishDocument } from "./publish.ts";

/**
 * Makes the handler that publishes the public halves of keys as a JWK Set (RFC 7517 §5), so that others can verify your
 * tokens. Its usual place is `/.well-known/jwks.json`. Shared secrets and private members are never in it. The set is
 * that of the keys at each request, also where they change while the process runs.
 *
 * @param keys - a key or a ring. Whoever adds a key behind the current one publishes it before it signs.
 * @param options - how long caches may keep the set
 * @throws TypeError when there is no public key to publish, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * const response = await handleJwks(keyRing(current, next))(request);
 * ```
 */
export function handleJwks(keys: VerifyingKey | KeyRing, options: PublishOptions = {}, ...extra: []): FlowHandler {
  refuseRequest("jwks", keys, "keys");
  checkNothingElse("jwks", extra);
  const ring = toRing(keys);
  // Keys that are still to be loaded can't be looked at yet.
  let published = { keys: ring.keys, set: ring.keys.length === 0 ? { keys: [] } : publicJwks(ring) };
  const read = (): object => {
    const { keys: present } = ring;
    if (present.length === 0) throw new AuthError("unavailable", { cause: new Error("jwks: no key is loaded yet") });
    if (published.keys !== present) published = { keys: present, set: publicJwks(ring) };
    return published.set;
  };
  return publishDocument("jwks", read, options);
}
