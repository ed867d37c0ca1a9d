import { assert } from "../../shared/assert.ts";
import { describeValue } from "../../shared/describe.ts";
import { MAX_QUOTED_LENGTH, MAX_SET_KEYS } from "../../shared/limits.ts";
import { tell } from "../../shared/listener.ts";
import { isObject } from "../../shared/object.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { readMark, readSafely } from "../../shared/read.ts";
import { type Algorithm, canonicaliseName, type PairAlgorithm } from "./algorithms.ts";
import { importKey } from "./import.ts";
import { isPrivate, type JWK } from "./jwk.ts";
import type { SigningKey, VerifyingKey } from "./key.ts";
import { isPair, PAIR_ALGORITHMS } from "./pair-algorithms.ts";
import { createRing, type KeyRing } from "./ring.ts";

/** A key of a set that was skipped, and why. */
export interface SkippedKey {
  /** Its name; `null` where it has none. */
  readonly kid: string | null;
  /** Why, for a developer. */
  readonly reason: string;
}

/** A JWK Set (RFC 7517 §5). It may have members that hallpass does not read. */
export interface JwkSet {
  /** Its keys. */
  readonly keys: readonly JWK[];
}

/** The options for reading the JWK Sets of others. */
export interface JwkSetOptions {
  /**
   * The algorithms that are accepted. By default those that the keys themselves name, or that their curves decide. An
   * RSA key that names none is used for each RSA algorithm of this list; `"RS256"` by default.
   */
  readonly algorithms?: readonly PairAlgorithm[];
}

/** The options of {@link importJwks}. */
export interface ImportJwksOptions extends JwkSetOptions {
  /** A listener that is called with each key that can't be used. By default the process is warned of them. */
  readonly onSkipped?: (key: SkippedKey) => unknown;
}

const OPTIONS: OptionNames<ImportJwksOptions> = { algorithms: "optional", onSkipped: "optional" };

/**
 * Reads the keys of a local JWK Set (RFC 7517 §5). A key that can't be used is skipped and reported: a key that is for
 * encryption, has an unknown type, is too weak, or is for an algorithm that this Node lacks. A shared secret is skipped
 * too, since others may read a set. Two keys may have one `kid`; a token is then tried with both.
 *
 * For a remote set, use {@link remoteKeys}.
 *
 * @param set - the set, parsed; if its first usable key is a private one, that key signs
 * @returns the usable keys, in their order; at most 100
 * @throws TypeError when `set` is not a JWK Set, or holds no usable key
 *
 * @example
 * ```ts
 * const keys = await importJwks(JSON.parse(await readFile("jwks.json", "utf8")));
 * ```
 */
export async function importJwks(set: JwkSet, options: ImportJwksOptions = {}): Promise<KeyRing> {
  checkOptions("importJwks", options, OPTIONS);
  const { algorithms, onSkipped = warnOfSkipped } = options;
  checkFunction("onSkipped", onSkipped, "({ kid, reason }) => logger.warn({ kid, reason })");
  const accepted = checkAlgorithms("importJwks", algorithms);
  const { keys, skipped } = await readJwks(set, { algorithms: accepted, takesPrivate: true });
  for (const key of skipped) tell(onSkipped, key);
  const [first] = keys;
  assert(first !== undefined, `importJwks: the set holds no usable key${listReasons(skipped)}`);
  return createRing(first.canSign ? (first as SigningKey) : null, keys);
}

function warnOfSkipped({ kid, reason }: SkippedKey): void {
  const name = kid === null ? "a key without kid" : `the key ${describeValue(kid)}`;
  process.emitWarning(`hallpass: importJwks skipped ${name}: ${reason}`);
}

/** Lists why keys were skipped, for the end of a message. */
export function listReasons(skipped: readonly SkippedKey[]): string {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].slice(0, 3);
  return reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
}

/** Checks a list of algorithms of key pairs. */
export function checkAlgorithms(owner: string, given: unknown): readonly PairAlgorithm[] | null {
  if (given === undefined) return null;
  const names: unknown[] | null = readSafely(owner, () => (Array.isArray(given) ? [...given] : null));
  const fits = names !== null && names.length > 0 && names.every(isPair);
  assert(fits, `${owner}: algorithms must be a list of ${Object.keys(PAIR_ALGORITHMS).join(", ")}`);
  return names;
}

/** How a set is read. */
export interface ReadJwksSettings {
  readonly algorithms: readonly PairAlgorithm[] | null;
  /** Whether private keys are accepted, as in a set of the application's own. */
  readonly takesPrivate: boolean;
  /** Keys that were read before, by their JSON, so that a key that stays is the same object. */
  readonly known?: ReadonlyMap<string, readonly VerifyingKey[]>;
}

/** The result of reading a set. */
export interface ReadJwks {
  readonly keys: readonly VerifyingKey[];
  readonly skipped: readonly SkippedKey[];
  readonly byText: ReadonlyMap<string, readonly VerifyingKey[]>;
}

/**
 * Reads a JWK Set.
 *
 * @throws TypeError when `set` is not a JWK Set
 */
export async function readJwks(set: unknown, settings: ReadJwksSettings): Promise<ReadJwks> {
  const listed = readSafely("a JWK Set", () => (isObject(set) ? copyList((set as { keys?: unknown }).keys) : null));
  assert(listed !== null, 'a JWK Set is an object with a list of "keys"');
  const byText = new Map<string, readonly VerifyingKey[]>();
  const skipped: SkippedKey[] = [];
  for (const jwk of listed.first) {
    try {
      // A key is written as JSON once. The same text is checked, used, and remembered.
      const text = readSafely("a JWK Set", () => JSON.stringify(jwk) ?? "null");
      const keys = byText.get(text) ?? settings.known?.get(text) ?? (await readSetKey(JSON.parse(text), settings));
      byText.set(text, keys);
    } catch (error) {
      skipped.push({ kid: readKid(jwk), reason: explain(error) });
    }
  }
  const further = listed.length - MAX_SET_KEYS;
  if (further > 0)
    skipped.push({ kid: null, reason: `a set has at most ${MAX_SET_KEYS} keys, and this has ${further} more` });
  return { keys: [...byText.values()].flat(), skipped, byText };
}

/** Copies the part of a list that is read, and gives the length of the whole list; `null` for anything but a list. */
function copyList(list: unknown): { readonly first: readonly unknown[]; readonly length: number } | null {
  if (!Array.isArray(list)) return null;
  const { length } = list;
  return { first: Array.from({ length: Math.min(length, MAX_SET_KEYS) }, (_, at) => list[at]), length };
}

/** Reads a key of a set, once for each algorithm that it is used for. */
async function readSetKey(
  jwk: unknown,
  { algorithms, takesPrivate }: ReadJwksSettings,
): Promise<readonly VerifyingKey[]> {
  assert(isObject(jwk) && typeof (jwk as Partial<JWK>).kty === "string", 'a key of a set is an object with "kty"');
  const key = jwk as JWK;
  assert(key.kty !== "oct", "a shared secret has no place in a set: whoever can read it could sign tokens");
  assert(takesPrivate || !isPrivate(key), "a private key was published: whoever can read it can sign tokens");
  const named = chooseAlgorithms(key, algorithms);
  if (named === null) return checkAccepted([await importKey(key)], algorithms);
  return Promise.all(named.map((algorithm) => importKey(key, { algorithm })));
}

/** Chooses the algorithms of an RSA key that names none; `null` for any other key. */
function chooseAlgorithms({ kty, alg }: JWK, accepted: readonly PairAlgorithm[] | null): readonly Algorithm[] | null {
  if (kty !== "RSA" || alg !== undefined) return null;
  const chosen = accepted?.filter((name) => PAIR_ALGORITHMS[name].keyType === "rsa") ?? (["RS256"] as const);
  assert(chosen.length > 0, "an RSA key is for none of the accepted algorithms");
  return chosen;
}

function checkAccepted(
  keys: readonly VerifyingKey[],
  accepted: readonly PairAlgorithm[] | null,
): readonly VerifyingKey[] {
  const areAccepted = keys.every(({ algorithm }) => isAccepted(algorithm, accepted));
  assert(areAccepted, "the key's algorithm is none of those that are accepted");
  return keys;
}

/** Tells whether tokens of an algorithm of key pairs are accepted, by any of its names. */
export function isAccepted(algorithm: unknown, accepted: readonly PairAlgorithm[] | null): boolean {
  if (!isPair(algorithm)) return false;
  return accepted === null || accepted.some((name) => canonicaliseName(name) === canonicaliseName(algorithm));
}

/** Reads the `kid` of a key for a report. It may be of any type. */
function readKid(jwk: unknown): string | null {
  const kid = readMark(jwk, "kid");
  return typeof kid === "string" ? kid.slice(0, MAX_QUOTED_LENGTH) : null;
}

function explain(error: unknown): string {
  return (error as Error).message.replace(/^importKey: /, "");
}
