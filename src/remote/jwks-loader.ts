import { listReasons, type ReadJwks, readJwks, type SkippedKey } from "../core/keys/jwks.ts";
import { createRing, type KeyRing } from "../core/keys/ring.ts";
import { HOUR_MS, MINUTE_MS } from "../shared/clock.ts";
import { type Loaded, Withdrawn } from "./fresh-value.ts";
import { createKeyReporter, type KeyReporter } from "./key-events.ts";
import type { RemoteSettings } from "./keys-options.ts";

/** A JWK Set as its source gave it. */
export interface GivenSet {
  /** The set, parsed. */
  readonly set: unknown;
  /** `Cache-Control`, where the source has one. */
  readonly cacheControl: string | null;
}

/**
 * Creates the function that loads a JWK Set, and the reporter of its events. A key that stays in the set stays the same
 * object.
 */
export function createJwksLoader(
  name: string,
  { algorithms, refreshAfterMs, emit }: RemoteSettings,
  give: () => Promise<GivenSet>,
): { load: () => Promise<Loaded<KeyRing>>; reporter: KeyReporter } {
  const reporter = createKeyReporter(name, emit);
  let before: ReadJwks = { keys: [], skipped: [], byText: new Map() };
  let ring: KeyRing | undefined;
  const load = async (): Promise<Loaded<KeyRing>> => {
    const { set, cacheControl } = await give();
    const read = await readJwks(set, { algorithms, takesPrivate: false, known: before.byText });
    const isSame = haveSameKeys(read, before);
    const isNew = ({ kid, reason }: SkippedKey): boolean =>
      !before.skipped.some((it) => it.kid === kid && it.reason === reason);
    reporter.tellFetched(read.keys, before.keys, read.skipped.filter(isNew));
    before = read;
    if (read.keys.length === 0) throw new Withdrawn(`${name}: the set holds no usable key${listReasons(read.skipped)}`);
    // The same ring object shows that nothing has changed.
    if (ring === undefined || !isSame) ring = createRing(null, read.keys);
    return { value: ring, freshForMs: refreshAfterMs ?? readMaxAge(cacheControl) };
  };
  return { load, reporter };
}

function haveSameKeys(one: ReadJwks, other: ReadJwks): boolean {
  return one.keys.length === other.keys.length && one.keys.every((key, at) => key === other.keys[at]);
}

const DEFAULT_MS = 600_000;
const MIN_MS = MINUTE_MS;
const MAX_MS = HOUR_MS;

/** Reads how long a set is fresh, in milliseconds (RFC 9111 §5.2.2), within bounds. */
function readMaxAge(cacheControl: string | null): number {
  if (cacheControl === null) return DEFAULT_MS;
  if (/(?:^|[\s,])no-(?:store|cache)\b/i.test(cacheControl)) return MIN_MS;
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl) ?? [];
  return seconds === undefined ? DEFAULT_MS : Math.min(Math.max(Number(seconds) * 1_000, MIN_MS), MAX_MS);
}
