import type { Cost } from "./phc.ts";

/** The code that computes Argon2: the addon of `@node-rs/argon2`, or the runtime's own `crypto.argon2`. */
export type PasswordEngine = "@node-rs/argon2" | "crypto.argon2";

/** The code that computes Argon2. */
export interface Engine {
  readonly name: PasswordEngine;
  /** The versions of Argon2 that it computes: 19 is that of RFC 9106, and 16 is an older one. */
  readonly versions: readonly number[];
  /** Hashes with Argon2id (RFC 9106) to a PHC string. */
  hash(password: string, cost: Cost, pepper: Uint8Array | undefined): Promise<string>;
  /** Whether a password matches a hash. The caller has checked the hash's form and cost. */
  verify(hash: string, password: string, pepper: Uint8Array | undefined): Promise<boolean>;
}
