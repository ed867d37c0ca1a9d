import { listReasons, type ReadJwks, readJwks, type SkippedKey } from "../core/keys/jwks.ts";
import { createRing, type KeyRing } from "../core/keys/ring.ts";
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

/** Makes what loads a JWK Set, with what tells of it. A key that stays is the same object as before. */
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
    reporter.fetched(read.keys, before.keys, read.skipped.filter(isNew));
    before = read;
    if (read.keys.length === 0) throw new Withdrawn(`${name}: the set holds no usable key${listReasons(read.skipped)}`);
    // The same ring says that nothing has changed.
    if (ring === undefined || !isSame) ring = createRing(null, read.keys);
    return { value: ring, freshForMs: refreshAfterMs ?? readMaxAge(cacheControl) };
  };
  return { load, reporter };
}

function haveSameKeys(one: ReadJwks, other: ReadJwks): boolean {
  return one.keys.length === other.keys.length && one.keys.every((key, at) => key === other.keys[at]);
}

const USUAL_MS = 600_000;
const LEAST_MS = 60_000;
const MOST_MS = 3_600_000;

/** Reads for how long a set is fresh, in milliseconds (RFC 9111 §5.2.2), within bounds. */
function readMaxAge(cacheControl: string | null): number {
  if (cacheControl === null) return USUAL_MS;
  if (/(?:^|[\s,])no-(?:store|cache)\b/i.test(cacheControl)) return LEAST_MS;
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl) ?? [];
  return seconds === undefined ? USUAL_MS : Math.min(Math.max(Number(seconds) * 1_000, LEAST_MS), MOST_MS);
}
