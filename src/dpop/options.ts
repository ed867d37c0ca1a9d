import { isSecureUrl } from "../core/http/loopback.ts";
import type { PairAlgorithm } from "../core/keys/algorithms.ts";
import { isPair } from "../core/keys/pair-algorithms.ts";
import { checkRuntime } from "../core/keys/runtime.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { assert } from "../shared/assert.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_STORE_TIMEOUT_MS, MAX_PROOF_LENGTH } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkMethods, checkOptions, type OptionNames } from "../shared/options.ts";
import type { ProofStore } from "../stores/contract.ts";
import { createNonces, type DpopNonceOptions, type Nonces } from "./nonces.ts";
import { normaliseUri } from "./uri.ts";

/** The options of DPoP proofs. */
export interface DpopOptions {
  /**
   * The origin that clients send their requests to, such as `"https://api.example.com"`, or a list of several. It is
   * never read from a request.
   */
  readonly origin: string | readonly string[];
  /**
   * The store of the proofs that were used, against replay. All processes that accept the same proofs share it. With
   * `null` there is no such check: whoever sees a proof can replay it for as long as it is valid.
   */
  readonly proofs: ProofStore | null;
  /**
   * The part of the path that a proxy in front strips, such as `"/api"`: clients sign the path with it. `""` by
   * default. Leave out what a router strips, which is known.
   */
  readonly prefix?: string;
  /**
   * Demands a nonce from clients, which shows the age of a proof whatever their clocks say. None by default: then the
   * proof's own `iat` shows its age.
   */
  readonly nonce?: DpopNonceOptions;
  /**
   * How old a proof may be, from 1 second to 10 minutes. `"1m"` by default. With `nonce`, its lifetime counts instead.
   */
  readonly maxAge?: Duration;
  /** How far clocks may be apart, at most 5 minutes. `"30s"` by default: the clocks are those of clients. */
  readonly clockTolerance?: Duration;
  /**
   * The algorithms that clients may sign proofs with. By default `["ES256", "Ed25519", "EdDSA", "ES384", "ES512",
   * "PS256", "RS256"]`. Proofs of ML-DSA-65 and ML-DSA-87 are too long for a header.
   */
  readonly algorithms?: readonly PairAlgorithm[];
  /** How long one call of the store may take, in milliseconds. 2000 by default. */
  readonly storeTimeoutMs?: number;
  /** The clock: milliseconds since 1970. `Date.now` by default, and in `dpop` that of the first profile. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<DpopOptions> = {
  origin: "required",
  proofs: "required",
  prefix: "optional",
  nonce: "optional",
  maxAge: "optional",
  clockTolerance: "optional",
  algorithms: "optional",
  storeTimeoutMs: "optional",
  now: "optional",
};

const ALGORITHMS: readonly PairAlgorithm[] = ["ES256", "Ed25519", "EdDSA", "ES384", "ES512", "PS256", "RS256"];

/** A proof holds a public key and a signature. Those of these algorithms are too long for a header. */
const TOO_LONG: ReadonlySet<PairAlgorithm> = new Set(["ML-DSA-65", "ML-DSA-87"]);
const PREFIX = /^(?:\/[\w.~%!$&'()*+,;=:@-]+)*$/;

/** The options of proofs, checked and with their defaults. Times are in milliseconds. */
export interface DpopSettings {
  /** The origins, each with the prefix. */
  readonly bases: readonly string[];
  readonly proofs: ProofStore | null;
  readonly nonces: Nonces | null;
  readonly maxAge: number;
  readonly clockTolerance: number;
  readonly algorithms: readonly PairAlgorithm[];
  readonly storeTimeoutMs: number;
  readonly now: () => number;
}

/**
 * Checks the options of proofs.
 *
 * @param clock - the clock to use if the options name none
 * @throws TypeError when an option is missing, misspelt or meaningless
 */
export function checkDpopOptions(owner: string, options: DpopOptions, clock: () => number = systemClock): DpopSettings {
  checkOptions(owner, options, OPTIONS);
  const { proofs, prefix = "", nonce, maxAge = "1m", clockTolerance = "30s" } = options;
  const { algorithms = ALGORITHMS, storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS, now = clock } = options;
  if (proofs !== null)
    checkMethods(
      `${owner}: proofs, unless it is null,`,
      proofs,
      ["remember"],
      "memoryProofs() of hallpass/stores/memory",
    );
  checkFunction(`${owner}: now`, now, "such as Date.now");
  const tolerance = toSeconds(`${owner}: clockTolerance`, clockTolerance, 0, 300) * 1_000;
  const bases = listBases(owner, options.origin, prefix);
  return {
    bases,
    proofs,
    nonces: nonce === undefined ? null : createNonces(owner, nonce, tolerance),
    maxAge: toSeconds(`${owner}: maxAge`, maxAge, 1, 600) * 1_000,
    clockTolerance: tolerance,
    algorithms: checkProofAlgorithms(owner, algorithms),
    storeTimeoutMs: checkInteger(`${owner}: storeTimeoutMs`, storeTimeoutMs, 1, 600_000),
    now,
  };
}

function listBases(owner: string, origin: unknown, prefix: string): readonly string[] {
  const origins: readonly unknown[] = Array.isArray(origin) ? origin : [origin];
  const areOrigins =
    origins.length > 0 && origins.every((it) => typeof it === "string" && normaliseUri(it) === `${it}/`);
  assert(areOrigins, `${owner}: origin must be one as browsers write it, such as "https://api.example.com"`);
  const areSecure = origins.every((it) => isSecureUrl(new URL(it as string)));
  assert(areSecure, `${owner}: origin must be https; only loopback hosts, such as localhost, may be http`);
  assert(typeof prefix === "string" && PREFIX.test(prefix), `${owner}: prefix must be a path, such as "/api"`);
  return origins.map((it) => `${it}${prefix}`);
}

function checkProofAlgorithms(owner: string, algorithms: readonly PairAlgorithm[]): readonly PairAlgorithm[] {
  const fit = Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(isPair);
  assert(
    fit,
    `${owner}: algorithms must be a list of those of key pairs, such as ["ES256"]; a shared secret proves nothing`,
  );
  const long = algorithms.find((it) => TOO_LONG.has(it));
  assert(long === undefined, `${owner}: algorithms: a proof of ${long} is longer than ${MAX_PROOF_LENGTH} characters`);
  algorithms.forEach(checkRuntime);
  return [...algorithms];
}
