import crypto from "node:crypto";
import { AuthError } from "../errors.ts";
import type { Engine } from "./engine.ts";
import { createMissingAddonError } from "./missing-addon.ts";
import type { StoredHash } from "./phc.ts";
import { createRuntimeEngine, type RuntimeArgon2 } from "./runtime.ts";

let loading: Promise<Engine> | undefined;
let loaded: Engine | undefined;

/** Loads the code for this process, on first use: a service that only verifies tokens never loads it. */
export function loadEngine(): Promise<Engine> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Engine> {
  loaded = await import("@node-rs/argon2").then(createAddonEngine, useRuntime);
  return loaded;
}

/** Uses the runtime's own code where the addon can't be loaded. */
function useRuntime(cause: unknown): Engine {
  const { argon2 } = crypto as { readonly argon2?: RuntimeArgon2 };
  if (argon2 === undefined) throw createMissingAddonError(cause);
  return createRuntimeEngine(argon2);
}

/** Tells whether the loaded code computes the version of a stored hash. Until it is loaded, the answer is yes. */
export function canCompute({ version }: StoredHash): boolean {
  return loaded?.versions.includes(version) ?? true;
}

function createAddonEngine({ hash, verify }: typeof import("@node-rs/argon2")): Engine {
  return {
    name: "@node-rs/argon2",
    versions: [16, 19],
    hash: (password, cost, pepper) => hash(password, { ...cost, ...(pepper && { secret: pepper }) }),
    verify: (stored, password, pepper) => verify(stored, password, pepper && { secret: pepper }),
  };
}

/**
 * Runs work that needs Argon2. If Argon2 can't be loaded, or gets no memory, that is an outage and not a wrong
 * password.
 */
export async function runArgon2<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  try {
    return await work(await loadEngine());
  } catch (cause) {
    throw new AuthError("unavailable", { cause });
  }
}
