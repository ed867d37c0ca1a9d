import { markOf } from "../../shared/read.ts";
import type { Algorithm } from "./algorithms.ts";
import type { JWK } from "./jwk.ts";

/** Where a key keeps what it can do. A registered symbol, so that two copies of this package know each other's keys. */
export const KEY: unique symbol = Symbol.for("hallpass.key") as never;

/** What the engine asks of a key. */
export interface KeyOperations {
  /** Whether a token, all ASCII, ends in a signature in its one spelling, over what stands before the dot at `end`. */
  verify(token: string, end: number): boolean;
  /** The same in libuv's thread pool. Absent where the way there takes longer than the work. */
  verifyInPool?(token: string, end: number): Promise<boolean>;
  /** Absent in a key that only verifies. */
  sign?(signingInput: string): string | Promise<string>;
  /** The public half, to be published; `null` for a shared secret. */
  publicJwk: JWK | null;
  /** Whether the `kid` was given, rather than derived from the key itself. */
  kidGiven: boolean;
}

/**
 * A key that verifies tokens. It knows its one algorithm: a token's header is only ever compared with it.
 *
 * Made by {@link importKey}; holds no readable key material.
 */
export interface VerifyingKey {
  /** The one algorithm this key is for. */
  readonly algorithm: Algorithm;
  /** The name tokens call it by in their header (RFC 7515 §4.1.4); `null` for a secret that was given none. */
  readonly kid: string | null;
  /** Whether {@link issueToken} can sign with it. */
  readonly canSign: boolean;
  /** @internal */
  readonly [KEY]: KeyOperations;
}

/**
 * A key that signs tokens, and verifies them too. Made by {@link secretKey} and, from a private key, {@link importKey}.
 */
export interface SigningKey extends VerifyingKey {
  readonly canSign: true;
}

/** Puts a key together out of what it is called and what it can do. */
export function makeKey(algorithm: Algorithm, kid: string | null, operations: KeyOperations): VerifyingKey {
  const key = { algorithm, kid, canSign: operations.sign !== undefined };
  Object.defineProperty(key, KEY, { value: operations });
  return Object.freeze(key) as VerifyingKey;
}

/** Whether a value is one of our keys. */
export function isKey(value: unknown): value is VerifyingKey {
  return markOf(value, KEY) !== undefined;
}
