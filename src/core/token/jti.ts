import { randomUUID } from "node:crypto";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A UUIDv7 (RFC 9562 §5.7): the millisecond, then 74 random bits. */
export function newJti(now: number): string {
  const time = hexOf(Math.floor(now / HALF)) + hexOf(Math.floor(now % HALF));
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

const HALF = 2 ** 24;

/** Six digits. A millisecond is written in two halves: V8 takes half as long again for a number of more than 31 bits. */
function hexOf(half: number): string {
  return (HALF + half).toString(16).slice(1);
}

/**
 * When a token was issued, in milliseconds: by its `jti` where that is a UUIDv7 of the same second as `iat`, else by
 * `iat`, which has whole seconds and therefore tells the earliest instant it can have been.
 */
export function issuedAt(jti: string | undefined, iat: number): number {
  if (jti !== undefined && UUID_V7.test(jti)) {
    const time = Number.parseInt(jti.slice(0, 8) + jti.slice(9, 13), 16);
    if (Math.floor(time / 1_000) === iat) return time;
  }
  return iat * 1_000;
}
