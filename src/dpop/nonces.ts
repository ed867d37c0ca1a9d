import { KEY } from "../core/keys/key.ts";
import { secretKey } from "../core/keys/secret.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { checkGiven, checkOptions, type OptionNames } from "../shared/options.ts";

/** The options of nonces. */
export interface DpopNonceOptions {
  /** A secret of at least 32 bytes that all processes share, and that is used for nothing else. */
  readonly secret: string | Uint8Array;
  /**
   * How long each nonce is given out. `"5m"` by default. It stays valid for as long again, so that clients get the next
   * one in time.
   */
  readonly lifetime?: Duration;
}

/** Gives nonces out, and tells how long one is valid. */
export interface Nonces {
  /** Gives the nonce for an instant. */
  give(now: number): string;
  /** Tells until when a nonce is valid, in milliseconds since 1970; `null` where it is not valid, or not ours. */
  findEnd(nonce: string, now: number): number | null;
}

const OPTIONS: OptionNames<DpopNonceOptions> = { secret: "required", lifetime: "optional" };
const NONCE = /^(\d{1,15})\.[\w-]{43}$/;

/** The prefix of what is signed (domain separation): so a nonce's HMAC is valid for nothing else. */
const CONTEXT = "dpop-nonce.";

/**
 * Makes nonces that need no store (RFC 9449 §8). Time is divided into slots. A nonce is the number of its slot and an
 * HMAC of that. So every process with the secret can verify it, and nobody else can make one.
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
