import { HMAC_ALGORITHMS, isHmac } from "../core/keys/algorithms.ts";
import { generateKey } from "../core/keys/generate.ts";
import { assert } from "../shared/assert.ts";
import type { Command } from "./command.ts";

/** Prints a random secret for `secretKey`, as long as its algorithm needs. */
export const SECRET: Command = {
  usage: "[ALGORITHM]",
  summary: "Prints a random secret for secretKey: HS256 by default, or HS384 or HS512.",
  options: {},
  maxPositionals: 1,
  reads: null,
  async run({ positionals: [algorithm = "HS256"] }) {
    assert(
      isHmac(algorithm),
      `a secret is for one of ${Object.keys(HMAC_ALGORITHMS).join(", ")}; for others, see keygen`,
    );
    return (await generateKey(algorithm)).k as string;
  },
};
