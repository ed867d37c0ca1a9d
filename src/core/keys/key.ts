import { readMark } from "../../shared/read.ts";
import type { Algorithm } from "./algorithms.ts";
import type { JWK } from "./jwk.ts";

/**
 * The property that holds a key's operations. The symbol is registered, so two copies of this package can use each
 * other's keys.
 */
export const KEY: unique symbol = Symbol.for("hallpass.key") as never;

/** The operations of a key, for issuing and verifying. */
export interface KeyOperations {
  /**
   * Tells whether the signature after the dot at `end` is canonical base64url, and valid for the text before it. For a
   * token that isn't all ASCII, it is `false`.
   */
  verify(token: string, end: number): boolean;
  /** `verify` in libuv's thread pool. A shared secret has none: an HMAC takes less time than the way to the pool. */
  verifyInPool?(token: string, end: number): Promise<boolean>;
  /** Absent in a key that only verifies. */
  sign?(signingInput: string): string | Promise<string>;
  /** The public half; `null` for a shared secret. */
  publicJwk: JWK | null;
  /** Identifies a shared secret within this process. A key pair is identified by its public half. */
  fingerprint?(): string;
  /** Whether somebody gave the `kid`. If not, it is the key's thumbprint. */
  kidGiven: boolean;
}

/**
 * A key that verifies tokens. It has one algorithm, and a token's header is only compared with it.
 *
 * It is made by {@link importKey}, and shows no key material.
 */
export interface VerifyingKey {
  /** The key's one algorithm. */
  readonly algorithm: Algorithm;
  /** The key's name in the header of tokens (RFC 7515 §4.1.4); `null` for a secret without one. */
  readonly kid: string | null;
  /** Whether {@link issueToken} can sign with it. */
  readonly canSign: boolean;
  /** When it stops verifying, in milliseconds since 1970; `null` where it has no such date. */
  readonly retiresAt: number | null;
  /** @internal */
  readonly [KEY]: KeyOperations;
}

/**
 * A key that signs tokens, and verifies them too. Made by {@link secretKey} and, from a private key, {@link importKey}.
 */
export interface SigningKey extends VerifyingKey {
  readonly canSign: true;
}

/** Creates a key. It can sign if `operations` has `sign`. */
export function makeKey(
  algorithm: Algorithm,
  kid: string | null,
  operations: KeyOperations,
  retiresAt: number | null = null,
): VerifyingKey {
  const key = { algorithm, kid, canSign: operations.sign !== undefined, retiresAt };
  Object.defineProperty(key, KEY, { value: operations });
  return Object.freeze(key) as VerifyingKey;
}

/** Whether a value is one of our keys. */
export function isKey(value: unknown): value is VerifyingKey {
  return readMark(value, KEY) !== undefined;
}
