import { AuthError } from "../core/errors.ts";
import type { StoredSession } from "../stores/contract.ts";
import { digestRefreshToken } from "./refresh-token.ts";
import { type Rotation, type RotationOutcome, readRotation, rotate } from "./rotation.ts";
import type { SessionSettings } from "./settings.ts";

/** Computes the outcome of a use of a refresh token. Nothing is stored. */
export function useRefreshToken(
  { refresh, token }: SessionSettings,
  session: StoredSession,
  sent: string,
  successor: string,
  now: number,
): RotationOutcome {
  // Another machine may have dated the last use, and its clock may differ.
  const grace = refresh.reuseGrace === 0 ? 0 : refresh.reuseGrace + token.clockTolerance * 1_000;
  const digests = [sent, successor].map((it) => digestRefreshToken(it).token) as [string, string];
  return rotate(parseRotation(session), ...digests, now, grace);
}

/**
 * Reads the rotation of a session.
 *
 * @throws AuthError `unavailable` (503) where the store returned another text than it was given
 */
export function parseRotation({ rotation }: StoredSession): Rotation {
  const known = readRotation(rotation);
  if (known !== null) return known;
  throw new AuthError("unavailable", { cause: new TypeError("the refresh store gave a rotation that is none") });
}
