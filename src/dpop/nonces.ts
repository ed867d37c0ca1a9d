import { KEY } from "../core/keys/key.ts";
import { secretKey } from "../core/keys/secret.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { checkGiven, checkOptions, type OptionNames } from "../shared/options.ts";

/** How nonces are made and how long they are good. */
export interface DpopNonceOptions {
  /** A secret of at least 32 bytes that all processes share, and that is used for nothing else. */
  readonly secret: string | Uint8Array;
  /**
   * How long each nonce is given out. `"5m"` by default. It stays good for as long again, so that clients have the next
   * one in time.
   */
  readonly lifetime?: Duration;
}

/** Gives nonces out, and tells how long one is good. */
export interface Nonces {
  /** Gives the nonce of an instant. */
  give(now: number): string;
  /** Tells until when a nonce is good, in milliseconds since 1970; `null` where it is not, or none of ours. */
  findEnd(nonce: string, now: number): number | null;
}

const OPTIONS: OptionNames<DpopNonceOptions> = { secret: "required", lifetime: "optional" };
const NONCE = /^(\d{1,15})\.[\w-]{43}$/;

/** What stands before a nonce where its code is computed, so that it is no code of anything else. */
const CONTEXT = "dpop-nonce.";

/**
 * Makes nonces that need no store (RFC 9449 §8). The time is cut into slots. A nonce is the number of its slot and an
 * HMAC of that, so that every process which has the secret knows it, and nobody else can make the next one.
 *
 * @param tolerance - how far the clocks of processes may be apart, in milliseconds
 */
export function createNonces(owner: string, options: DpopNonceOptions, tolerance: number): Nonces {
  checkOptions(`${owner}: nonce`, options, OPTIONS);
  const { secret, lifetime = "5m" } = options;
  checkGiven(`${owner}: nonce.secret`, secret);
  const length = toSeconds(`${owner}: nonce.lifetime`, lifetime, 1, 86_400) * 1_000;
  const { sign, verify } = secretKey(secret)[KEY];
  let known = { slot: -1, nonce: "" };
  return {
    give(now) {
      const slot = Math.floor(now / length);
      if (known.slot !== slot) known = { slot, nonce: `${slot}.${sign?.(CONTEXT + slot)}` };
      return known.nonce;
    },
    findEnd(nonce, now) {
      const text = NONCE.exec(nonce)?.[1];
      if (text === undefined) return null;
      const slot = Number(text);
      const end = (slot + 2) * length + tolerance;
      const isNow = now >= slot * length - tolerance && now < end;
      return isNow && verify(CONTEXT + nonce, CONTEXT.length + text.length) ? end : null;
    },
  };
}
