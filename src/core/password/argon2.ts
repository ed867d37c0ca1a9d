import { AuthError } from "../errors.ts";
import type { Cost } from "./phc.ts";

/** Hashes with Argon2id (RFC 9106) to a PHC string. */
export async function argon2Hash(password: string, cost: Cost, pepper: Uint8Array | undefined): Promise<string> {
  return native(({ hash }) => hash(password, { ...cost, ...(pepper && { secret: pepper }) }));
}

/** Whether a password has a hash, which must be known to be well-formed and affordable. */
export async function argon2Verify(hash: string, password: string, pepper: Uint8Array | undefined): Promise<boolean> {
  return native(({ verify }) => verify(hash, password, pepper && { secret: pepper }));
}

/**
 * The native addon is loaded on first use, so that a service that only verifies tokens never pays for it. Where it
 * can't be loaded, or has no memory left, that is our outage and nobody's wrong password.
 */
async function native<T>(work: (addon: typeof import("@node-rs/argon2")) => Promise<T>): Promise<T> {
  try {
    return await work(await import("@node-rs/argon2"));
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}
