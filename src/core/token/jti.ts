import { randomUUID } from "node:crypto";

/** Half of a UUIDv7's time has 24 bits. */
const HALF = 16_777_216; // 2 ** 24, a computation that bundlers would keep

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Creates a UUIDv7 (RFC 9562 §5.7): the millisecond, then 74 random bits. */
export function createJti(now: number): string {
  const time = toSixDigits(Math.floor(now / HALF)) + toSixDigits(Math.floor(now % HALF));
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Writes half of a time in six hex digits. V8 writes two such halves faster than one number of more than 31 bits. */
function toSixDigits(half: number): string {
  return (HALF + half).toString(16).slice(1);
}

/**
 * Tells when a token was issued, in milliseconds since 1970. A `jti` that is a UUIDv7 of the same second as `iat` gives
 * the millisecond. For any other token, the beginning of the second of its `iat` counts. A token without `iat` counts
 * as older than all others, so that every logout of its user includes it.
 */
export function readIssueTime(jti: string | undefined, iat: number = 0): number {
  if (jti !== undefined && UUID_V7.test(jti)) {
    const time = Number.parseInt(jti.slice(0, 8) + jti.slice(9, 13), 16);
    if (Math.floor(time / 1_000) === iat) return time;
  }
  return iat * 1_000;
}
