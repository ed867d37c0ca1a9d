import type { SkippedKey } from "../core/keys/jwks.ts";
import type { VerifyingKey } from "../core/keys/key.ts";
import { includesKey } from "../core/keys/same.ts";
import type { Emit } from "../events/emit.ts";
import { nameError } from "../events/outages.ts";

/** Emits the events of keys that are loaded from one source. */
export interface KeyReporter {
  /** The keys were loaded. */
  tellFetched(keys: readonly VerifyingKey[], before: readonly VerifyingKey[], skipped: readonly SkippedKey[]): void;
  /** They could not be loaded. */
  tellFailed(error: unknown, nextTryAt: number): void;
  /** The last keys stay in use beyond their time. */
  tellStale(ageMs: number): void;
}

/** @param source - the name of the keys' source, without anything secret */
export function createKeyReporter(source: string, emit: Emit): KeyReporter {
  const describe = ({ kid, algorithm }: VerifyingKey) => ({ source, kid, algorithm });
  return {
    tellFetched(keys, before, skipped) {
      emit(() => ({ type: "keys_fetched", source, keys: keys.length }));
      for (const key of keys) if (!includesKey(before, key)) emit(() => ({ type: "key_added", ...describe(key) }));
      for (const key of before) if (!includesKey(keys, key)) emit(() => ({ type: "key_gone", ...describe(key) }));
      for (const key of skipped) emit(() => ({ type: "key_skipped", source, ...key }));
    },
    tellFailed: (error, nextTryAt) => emit(() => ({ type: "keys_failed", source, nextTryAt, cause: nameError(error) })),
    tellStale: (ageMs) => emit(() => ({ type: "keys_stale", source, ageMs })),
  };
}
