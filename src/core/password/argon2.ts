import crypto from "node:crypto";
import { AuthError } from "../errors.ts";
import { missingAddon } from "./missing-addon.ts";
import type { Cost, StoredHash } from "./phc.ts";
import { type RuntimeArgon2, runtimeEngine } from "./runtime.ts";

/** Which code computes Argon2: the addon of `@node-rs/argon2`, or the runtime's own `crypto.argon2`. */
export type PasswordEngine = "@node-rs/argon2" | "crypto.argon2";

/** What computes Argon2. */
export interface Engine {
  readonly name: PasswordEngine;
  /** The versions of Argon2 that it computes: 19 is RFC 9106's, 16 an older one. */
  readonly versions: readonly number[];
  /** Hashes with Argon2id (RFC 9106) to a PHC string. */
  hash(password: string, cost: Cost, pepper: Uint8Array | undefined): Promise<string>;
  /** Whether a password has a hash, which must be known to be well-formed and affordable. */
  verify(hash: string, password: string, pepper: Uint8Array | undefined): Promise<boolean>;
}

let loading: Promise<Engine> | undefined;
let loaded: Engine | undefined;

/** What computes Argon2 here. It is loaded on first use, so that a service that only verifies tokens never pays for it. */
export function loadEngine(): Promise<Engine> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Engine> {
  loaded = await import("@node-rs/argon2").then(addonEngine, withoutAddon);
  return loaded;
}

function withoutAddon(cause: unknown): Engine {
  const { argon2 } = crypto as { readonly argon2?: RuntimeArgon2 };
  if (argon2 === undefined) throw missingAddon(cause);
  return runtimeEngine(argon2);
}

/** Whether a stored hash is of a version that is computed here. Before anything is loaded, every one is taken to be. */
export function isComputed({ version }: StoredHash): boolean {
  return loaded?.versions.includes(version) ?? true;
}

function addonEngine({ hash, verify }: typeof import("@node-rs/argon2")): Engine {
  return {
    name: "@node-rs/argon2",
    versions: [16, 19],
    hash: (password, cost, pepper) => hash(password, { ...cost, ...(pepper && { secret: pepper }) }),
    verify: (stored, password, pepper) => verify(stored, password, pepper && { secret: pepper }),
  };
}

/** Works with Argon2. Where it can't be loaded, or has no memory left, that is our outage and nobody's wrong password. */
export async function withArgon2<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  try {
    return await work(await loadEngine());
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}
