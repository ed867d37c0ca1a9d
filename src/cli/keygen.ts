import { generateKey } from "../core/keys/generate.ts";
import { isPair, PAIR_ALGORITHMS } from "../core/keys/pair-algorithms.ts";
import { assert } from "../shared/assert.ts";
import type { Command } from "./command.ts";

/** Prints a private key for `importKey`, as a JWK. */
export const KEYGEN: Command = {
  usage: "[ALGORITHM]",
  summary: "Prints a private key for importKey, as a JWK: ES256 by default.",
  options: {},
  maxPositionals: 1,
  reads: null,
  async run({ positionals: [algorithm = "ES256"] }) {
    const names = Object.keys(PAIR_ALGORITHMS).join(", ");
    assert(isPair(algorithm), `a key pair is for one of ${names}; for HS256, see secret`);
    return JSON.stringify(await generateKey(algorithm));
  },
};
