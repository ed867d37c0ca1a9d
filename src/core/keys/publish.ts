import type { JWK } from "./jwk.ts";
import { KEY, type VerifyingKey } from "./key.ts";
import { type KeyRing, toRing } from "./ring.ts";

/**
 * Gives the public halves of keys as a JWK Set (RFC 7517 §5). Others verify your tokens with it. Serve it as JSON,
 * usually at `/.well-known/jwks.json`. Shared secrets are left out, as they must stay secret.
 *
 * @throws TypeError when there is no public key to publish
 *
 * @example
 * ```ts
 * app.get("/.well-known/jwks.json", (_req, res) => res.json(publicJwks(keys)));
 * ```
 */
export function publicJwks(keys: VerifyingKey | KeyRing): {
  /** The public keys, the current one first. */
  keys: JWK[];
} {
  return publishKeys(toRing(keys).keys);
}

const SECRETS =
  "publicJwks: shared secrets have no public half to publish: sign with a key pair, such as " +
  'importKey(await generateKey("ES256"))';

/**
 * Gives the public halves of a list of keys.
 *
 * @throws TypeError when none of them has a public half
 */
export function publishKeys(keys: readonly VerifyingKey[]): { keys: JWK[] } {
  const published = keys.flatMap((key) => key[KEY].publicJwk ?? []);
  if (published.length === 0) throw new TypeError(SECRETS);
  return { keys: published.map((jwk) => ({ ...jwk })) };
}
